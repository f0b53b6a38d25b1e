#include "harness/machine/facts.hpp"

#include <fcntl.h>
#include <gnu/libc-version.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <string_view>

#include "harness/base/check.hpp"
#include "harness/base/clock.hpp"
#include "harness/base/process.hpp"
#include "harness/base/unique_fd.hpp"

// Given by CMake to this file alone; the fallbacks serve a compilation by hand.
#ifndef CONVOY_COMPILER
#define CONVOY_COMPILER __VERSION__
#endif
#ifndef CONVOY_FLAGS
#define CONVOY_FLAGS ""
#endif
#ifndef CONVOY_BUILD_TYPE
#define CONVOY_BUILD_TYPE ""
#endif
#ifndef CONVOY_SOURCE_DIR
#define CONVOY_SOURCE_DIR ""
#endif

namespace convoy {

void Facts::add(std::string name, FactValue value, bool decides_speed) {
  CONVOY_CHECK(find(name) == nullptr, "a fact is recorded once");
  facts_.push_back({std::move(name), std::move(value), {}, decides_speed});
}

void Facts::add_unknown(std::string name, std::string reason, bool decides_speed) {
  add(std::move(name), std::monostate{}, decides_speed);
  facts_.back().reason = std::move(reason);
}

void Facts::add_library(const std::string& name, const std::string& version, bool decides_speed) {
  add(name + "_version", version, decides_speed);
}

const Fact* Facts::find(std::string_view name) const {
  const auto found = std::find_if(facts_.begin(), facts_.end(),
                                  [&](const Fact& fact) { return fact.name == name; });
  return found == facts_.end() ? nullptr : &*found;
}

std::string fact_text(const FactValue& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return std::to_string(*whole);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* number = std::get_if<double>(&value)) {
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "%.10g", *number);
    return buffer;
  }
  return "null";
}

std::string Facts::fingerprint() const {
  std::vector<std::string> lines;
  for (const Fact& fact : facts_) {
    if (!fact.decides_speed) continue;
    lines.push_back(fact.name + "=" + std::to_string(fact.value.index()) + fact_text(fact.value));
  }
  std::sort(lines.begin(), lines.end());
  std::string all;
  for (const std::string& line : lines) all += line + '\n';
  char hex[20];
  std::snprintf(hex, sizeof hex, "%016llx", static_cast<unsigned long long>(fnv_hash(all)));
  return hex;
}

void add_build_facts(Facts& facts) {
  facts.add("compiler", CONVOY_COMPILER, true);
  facts.add("compiler_flags", CONVOY_FLAGS, true);
  facts.add("build_type", CONVOY_BUILD_TYPE, true);
  facts.add_library("glibc", ::gnu_get_libc_version());
  facts.add_library("hwloc", hwloc_version(), false);
}

Facts gather_facts(const Topology& topology, const std::string& root) {
  Facts facts;
  add_processor_facts(facts, root);
  add_topology_facts(facts, topology);
  add_kernel_facts(facts, root);
  add_build_facts(facts);
  add_source_facts(facts, CONVOY_SOURCE_DIR);
  return facts;
}

// Git on a folder's repository, without the processes that it may leave behind.
static std::vector<std::string> git(const std::string& folder,
                                    const std::vector<std::string>& command) {
  std::vector<std::string> all{"git", "--no-optional-locks",    "-c", "core.fsmonitor=false",
                               "-c",  "maintenance.auto=false", "-C", folder};
  all.insert(all.end(), command.begin(), command.end());
  return all;
}

void add_source_facts(Facts& facts, const std::string& folder) {
  constexpr int kLimitMs = 1000;
  std::string reason = "the program does not know where its sources are";
  std::optional<std::string> commit;
  std::optional<std::string> changes;
  if (!folder.empty()) {
    commit = output_of(git(folder, {"rev-parse", "HEAD"}), kLimitMs, reason);
  }
  if (commit) {
    facts.add("git_commit", commit->substr(0, commit->find('\n')));
    changes =
        output_of(git(folder, {"status", "--porcelain", "--untracked-files=no"}), kLimitMs, reason);
  } else {
    facts.add_unknown("git_commit", reason);
  }
  if (changes) {
    facts.add("git_dirty", !changes->empty());
  } else {
    facts.add_unknown("git_dirty", reason);
  }
}

namespace {

// What commands see. A hook or a shell around the program may have chosen a repository for git,
// which is not that of the sources.
std::vector<char*> environment_of_commands() {
  constexpr std::string_view kChosen[] = {"GIT_DIR=", "GIT_WORK_TREE=", "GIT_INDEX_FILE="};
  std::vector<char*> kept;
  for (char** variable = environ; *variable != nullptr; ++variable)
    if (std::none_of(std::begin(kChosen), std::end(kChosen), [&](std::string_view name) {
          return std::string_view(*variable).starts_with(name);
        }))
      kept.push_back(*variable);
  kept.push_back(nullptr);
  return kept;
}

// Reads until the end, the deadline or 64 KiB; false when the deadline passed.
bool read_all(int fd, nanoseconds deadline, std::string& text) {
  while (text.size() < 65536) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now());
    pollfd ready{fd, POLLIN, 0};
    const int count = left.count() > 0 ? ::poll(&ready, 1, static_cast<int>(left.count())) : 0;
    if (count == 0) return false;
    char buffer[4096];
    const ssize_t length = count < 0 ? -1 : ::read(fd, buffer, sizeof buffer);
    if (length < 0 && errno == EINTR) continue;
    if (length <= 0) return length == 0;
    text.append(buffer, static_cast<std::size_t>(length));
  }
  return true;
}

}  // namespace

std::optional<std::string> output_of(const std::vector<std::string>& command, int limit_ms,
                                     std::string& reason) {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  std::vector<char*> environment = environment_of_commands();
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw_errno("pipe2", "raise `ulimit -n`");
  UniqueFd from(ends[0]);
  UniqueFd to(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) throw_errno("fork", "end other processes of this user, or raise `ulimit -u`");
  if (child == 0) {
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0) ::_exit(127);
    ::dup2(null, STDIN_FILENO);
    ::dup2(to.get(), STDOUT_FILENO);
    ::dup2(null, STDERR_FILENO);
    ::execvpe(arguments[0], arguments.data(), environment.data());
    ::_exit(127);
  }
  to.reset();
  std::string text;
  const bool ended = read_all(from.get(), now() + std::chrono::milliseconds(limit_ms), text);
  if (!ended) send_signal(child, SIGKILL);
  from.reset();
  const std::optional<int> reaped = reap_within(child, kKillPatience);
  const int status = reaped.value_or(SIGKILL);
  if (ended && WIFEXITED(status) && WEXITSTATUS(status) == 0) return text;
  reason = command.front() + (ended ? " failed" : " took too long");
  if (ended && WIFEXITED(status) && WEXITSTATUS(status) == 127) {
    reason = command.front() + " is not installed";
  }
  return {};
}

}  // namespace convoy
