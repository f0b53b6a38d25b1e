#include "harness/base/standard_streams.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "harness/base/check.hpp"

namespace convoy {
namespace {

constexpr const char* kNothing = "/dev/null";

// Of a pipe or socket: nobody can read what is written any more.
bool reader_has_left() {
  pollfd out{STDOUT_FILENO, 0, 0};
  return ::poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

[[noreturn]] void end_as_others_do() {
  std::signal(SIGPIPE, SIG_DFL);
  sigset_t broken;
  sigemptyset(&broken);
  sigaddset(&broken, SIGPIPE);
  ::pthread_sigmask(SIG_UNBLOCK, &broken, nullptr);
  ::raise(SIGPIPE);
  ::_exit(128 + SIGPIPE);
}

}  // namespace

void open_standard_streams() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
    // For reading alone, all three: what is written is lost, and the writer should know. Those
    // below are open, so it gets this number; a folder holds it where there is no /dev/null.
    if (::open(kNothing, O_RDONLY) < 0) ::open("/", O_RDONLY | O_DIRECTORY);
  }
}

int write_standard_output(const std::string& text) {
  errno = 0;
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0)
    return 0;
  return errno != 0 ? errno : EIO;
}

std::string describe_output_error(int error) {
  const std::string why = error == 0       ? "not everything was written"
                          : error == EBADF ? "it is closed"
                                           : std::strerror(error);
  const std::string advice = error == ENOSPC || error == EDQUOT ? "free some space, or s" : "s";
  return "cannot write to stdout: " + why + "; " + advice + "end it to a file with `> FILE`";
}

void abandon_standard_output() {
  const int nothing = ::open(kNothing, O_WRONLY | O_CLOEXEC);
  if (nothing >= 0) ::dup2(nothing, STDOUT_FILENO);
  if (nothing > STDERR_FILENO) ::close(nothing);
  std::fflush(stdout);
  std::clearerr(stdout);
}

int end_standard_output(int code, int error) {
  const bool failed_before = error != 0 || std::ferror(stdout) != 0;
  if (const int now = write_standard_output({}); now != 0) error = now;
  else if (!failed_before) return code;
  if (error == EPIPE || reader_has_left()) end_as_others_do();
  if (error == 0 && ::write(STDOUT_FILENO, "", 0) < 0) error = errno;  // some would say it again
  std::fprintf(stderr, "convoy-bench: %s\n", describe_output_error(error).c_str());
  if (code == static_cast<int>(ExitCode::internal)) return code;
  return static_cast<int>(ExitCode::usage);
}

}  // namespace convoy
