#include "harness/base/process.hpp"

#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <string>
#include <thread>

#include "harness/base/check.hpp"
#include "harness/base/unique_fd.hpp"

namespace convoy {
namespace {

// How often one looks where nothing rings.
constexpr nanoseconds kLook = std::chrono::milliseconds(5);

}  // namespace

bool send_signal(pid_t pid, int signal) {
  CONVOY_CHECK(pid > 1, "a signal was meant for a process that is not there");
  return ::kill(pid, signal) == 0;
}

bool send_signal_to_group(pid_t leader, int signal) {
  CONVOY_CHECK(leader > 1, "a signal was meant for a group that is not there");
  return ::kill(-leader, signal) == 0;
}

std::optional<int> reap_within(pid_t child, nanoseconds patience) {
  CONVOY_CHECK(child > 1, "a child was awaited that is not there");
  const nanoseconds deadline = now() + patience;
  UniqueFd handle;
  for (;;) {
    int status = 0;
    const pid_t reaped = ::waitpid(child, &status, WNOHANG);
    if (reaped == child) return status;
    if (reaped < 0 && errno != EINTR) return {};
    const nanoseconds left = deadline - now();
    if (left.count() <= 0) return {};
    // Most have ended by now, and need no handle.
    if (!handle) handle.reset(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
    if (handle) {
      pollfd end{handle.get(), POLLIN, 0};
      const timespec limit = to_timespec(left);
      ::ppoll(&end, 1, &limit, nullptr);
    } else {
      std::this_thread::sleep_for(std::min(left, kLook));
    }
  }
}

bool reap_group_within(pid_t leader, nanoseconds patience) {
  CONVOY_CHECK(leader > 1, "a group was awaited that is not there");
  const nanoseconds deadline = now() + patience;
  for (;;) {
    const pid_t reaped = ::waitpid(-leader, nullptr, WNOHANG);
    if (reaped < 0 && errno == ECHILD) return true;
    if (reaped > 0 || (reaped < 0 && errno == EINTR)) continue;
    const nanoseconds left = deadline - now();
    if (left.count() <= 0) return false;
    std::this_thread::sleep_for(std::min(left, kLook / 10));
  }
}

char state_of_process(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(file, text);
  const std::size_t name = text.rfind(") ");
  return name == std::string::npos || name + 2 >= text.size() ? '?' : text[name + 2];
}

}  // namespace convoy
