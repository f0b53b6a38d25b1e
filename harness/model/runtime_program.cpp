#include "harness/model/runtime_program.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "harness/base/check.hpp"
#include "harness/base/process.hpp"
#include "harness/model/host.hpp"

namespace convoy {
namespace {

std::pair<UniqueFd, UniqueFd> open_pipe() {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) throw_errno("pipe2", "raise `ulimit -n`");
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

// In the child; nothing here allocates or throws.
[[noreturn]] void become(char* const* words, int in, int out, int errors, int kept, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  for (const int number : {SIGINT, SIGTERM, SIGPIPE, SIGHUP, SIGCHLD}) ::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::dup2(in, STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(errors, STDERR_FILENO);
  if (kept >= 0) ::fcntl(kept, F_SETFD, 0);
  ::execv(words[0], words);
  const char* what = ::strerror(errno);
  [[maybe_unused]] const ssize_t told = ::write(STDERR_FILENO, what, ::strlen(what));
  ::_exit(127);
}

}  // namespace

RuntimeProgram::RuntimeProgram(const std::string& path, const std::vector<std::string>& arguments,
                               int kept)
    : name_(path.substr(path.rfind('/') + 1)),
      errors_(::memfd_create("convoy-errors", MFD_CLOEXEC)) {
  if (!errors_) throw_errno("memfd_create", "raise `ulimit -n`");
  auto input = open_pipe();
  auto output = open_pipe();
  std::vector<std::string> all{path};
  all.insert(all.end(), arguments.begin(), arguments.end());
  std::vector<char*> words;
  for (std::string& word : all) words.push_back(word.data());
  words.push_back(nullptr);
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) throw_errno("fork", "raise `ulimit -u`, or free memory");
  if (pid_ == 0)
    become(words.data(), input.first.get(), output.second.get(), errors_.get(), kept, parent);
  to_ = std::move(input.second);
  from_ = std::move(output.first);
}

RuntimeProgram::~RuntimeProgram() { end(nanoseconds(0)); }

void RuntimeProgram::say(const std::string& line) {
  const std::string text = line + "\n";
  struct sigaction ignored{}, before{};
  ignored.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignored, &before);
  const ssize_t size = ::write(to_.get(), text.data(), text.size());  // shorter than a pipe's page
  ::sigaction(SIGPIPE, &before, nullptr);
  if (size < 0 && errno != EPIPE) throw_errno("write");  // whoever has ended says why when heard
}

std::string RuntimeProgram::hear(nanoseconds limit) {
  const nanoseconds deadline = now() + limit;
  for (;;) {
    if (const std::size_t end = heard_.find('\n'); end != std::string::npos) {
      std::string line = heard_.substr(0, end);
      heard_.erase(0, end + 1);
      return line;
    }
    const nanoseconds left = deadline - now();
    if (left.count() <= 0)
      throw std::runtime_error(fmt::format("{} did not answer in time{}", name_, last_words()));
    pollfd told{from_.get(), POLLIN, 0};
    const timespec patience = to_timespec(left);
    if (::ppoll(&told, 1, &patience, nullptr) <= 0) continue;
    char buffer[512];
    const ssize_t size = ::read(from_.get(), buffer, sizeof buffer);
    if (size == 0) return {};
    if (size > 0) heard_.append(buffer, static_cast<std::size_t>(size));
    else if (errno != EINTR) throw_errno("read");
  }
}

std::string RuntimeProgram::expect(const std::string& word, nanoseconds limit) {
  const std::string line = hear(limit);
  if (line == word) return {};
  if (line.starts_with(word + " ")) return line.substr(word.size() + 1);
  if (line.empty()) {
    const std::string how = end(std::chrono::seconds(5));
    throw std::runtime_error(how.empty() ? name_ + " ended in the middle of its work" : how);
  }
  throw std::runtime_error(
      fmt::format("{} said '{}' where '{}' was expected{}", name_, line, word, last_words()));
}

std::string RuntimeProgram::end(nanoseconds limit) {
  if (pid_ < 0) return {};
  to_.reset();
  std::optional<int> status = reap_within(pid_, limit);
  const bool killed = !status;
  if (killed) {
    send_signal(pid_, SIGKILL);
    status = reap_within(pid_, kKillPatience);
  }
  pid_ = -1;
  if (killed) return fmt::format("{} did not end{}", name_, last_words());
  if (*status == 0) return {};
  if (WIFSIGNALED(*status))
    return fmt::format("{} {}{}", name_, describe_status(*status), last_words());
  return fmt::format("{} ended with status {}{}", name_, WEXITSTATUS(*status), last_words());
}

// The end of what it wrote to standard error, on one line.
std::string RuntimeProgram::last_words() const {
  constexpr off_t kMost = 400;
  const off_t size = ::lseek(errors_.get(), 0, SEEK_END);
  if (size <= 0) return {};
  std::string text(static_cast<std::size_t>(std::min(size, kMost)), '\0');
  const ssize_t got =
      ::pread(errors_.get(), text.data(), text.size(), size - static_cast<off_t>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  // Of a traceback, the last line is what was wrong.
  if (const std::size_t last = text.rfind('\n'); last != std::string::npos) text.erase(0, last + 1);
  return text.empty() ? text : ": " + text;
}

}  // namespace convoy
