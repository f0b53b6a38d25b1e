#include "harness/machine/stacks_tracer.hpp"

#include <fmt/format.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <thread>
#include <utility>

namespace convoy {
namespace {

constexpr nanoseconds kLook = std::chrono::microseconds(200);

int yama_scope() {
  std::ifstream file("/proc/sys/kernel/yama/ptrace_scope");
  int scope = 0;
  return file >> scope ? scope : 0;
}

pid_t tracer_of(pid_t pid, pid_t tid) {
  std::ifstream file(fmt::format("/proc/{}/task/{}/status", pid, tid));
  for (std::string word; file >> word;) {
    pid_t tracer = 0;
    if (word == "TracerPid:") return file >> tracer ? tracer : 0;
  }
  return 0;
}

std::string refusal(pid_t pid, pid_t tid, int error) {
  if (error == ESRCH) return "it has ended: raise the limit to see it alive";
  const std::string what = fmt::format("ptrace may not stop it ({})", std::strerror(error));
  if (error == ENOSYS)
    return what + ": this kernel or sandbox does not offer ptrace; run outside it";
  if (const pid_t tracer = tracer_of(pid, tid); tracer != 0)
    return fmt::format("{}: process {} traces it already; end that debugger", what, tracer);
  if (const int scope = yama_scope(); scope != 0)
    return fmt::format(
        "{}: kernel.yama.ptrace_scope is {}; `sysctl kernel.yama.ptrace_scope=0` as root, or run "
        "as root",
        what, scope);
  return what +
         ": run as the user of the process, or as root; in a container, `docker run --cap-add "
         "SYS_PTRACE`";
}

}  // namespace

TracedThread::TracedThread(pid_t pid, pid_t tid) : tid_(tid) {
  if (::ptrace(PTRACE_SEIZE, tid, nullptr, nullptr) != 0) {
    reason_ = refusal(pid, tid, errno);
    return;
  }
  traced_ = true;
  if (::ptrace(PTRACE_INTERRUPT, tid, nullptr, nullptr) != 0) reason_ = refusal(pid, tid, errno);
}

TracedThread::TracedThread(TracedThread&& other) noexcept
    : tid_(other.tid_),
      traced_(std::exchange(other.traced_, false)),
      stopped_(std::exchange(other.stopped_, false)),
      signal_(other.signal_),
      reason_(std::move(other.reason_)) {}

TracedThread::~TracedThread() { release(); }

// True when there is nothing more to wait for.
bool TracedThread::look() {
  siginfo_t info{};
  const auto id = static_cast<id_t>(tid_);
  if (::waitid(P_PID, id, &info, WSTOPPED | WEXITED | WNOHANG | __WALL) != 0) {
    if (errno == EINTR) return false;
    reason_ = refusal(0, tid_, ESRCH);
    traced_ = false;
  } else if (info.si_pid == 0) {
    return false;
  } else if (info.si_code == CLD_TRAPPED || info.si_code == CLD_STOPPED) {
    stopped_ = true;
    // Events, of which the interruption is one, have more bits; the rest are signals on their way.
    if ((info.si_status >> 8) == 0) signal_ = info.si_status;
  } else {
    reason_ = refusal(0, tid_, ESRCH);
    traced_ = false;
  }
  return true;
}

bool TracedThread::await_stop(nanoseconds deadline) {
  while (traced_ && !stopped_ && !look()) {
    if (now() >= deadline) {
      reason_ =
          "it does not stop: it is in an uninterruptible kernel call, or has no CPU; "
          "see /proc/PID/task/TID/stack as root";
      return false;
    }
    std::this_thread::sleep_for(kLook);
  }
  return stopped_;
}

void TracedThread::release() {
  if (!stopped_) return;
  ::ptrace(PTRACE_DETACH, tid_, nullptr, static_cast<long>(signal_));
  stopped_ = false;
  traced_ = false;
}

}  // namespace convoy
