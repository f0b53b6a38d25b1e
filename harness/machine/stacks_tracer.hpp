// Stops the threads of another process with ptrace, and lets them go on.
#pragma once

#include <sys/types.h>

#include <string>

#include "harness/base/clock.hpp"

namespace convoy {

// One thread of another process, as ptrace sees it. Used by the inspector, a forked child whose end
// lets all of them go on: threads that do not stop in time are still traced until then.
class TracedThread {
 public:
  // Asks it to stop; does not wait for that.
  TracedThread(pid_t pid, pid_t tid);
  TracedThread(TracedThread&& other) noexcept;
  TracedThread& operator=(TracedThread&&) = delete;
  ~TracedThread();

  pid_t tid() const { return tid_; }
  // Sleeps until it has stopped, or until `deadline`. True if it has.
  bool await_stop(nanoseconds deadline);
  // Why it has not stopped, and what to do; empty if it has.
  const std::string& reason() const { return reason_; }
  // Lets it go on.
  void release();

 private:
  bool look();

  pid_t tid_;
  bool traced_ = false;
  bool stopped_ = false;
  int signal_ = 0;  // was about to reach the thread when it stopped
  std::string reason_;
};

}  // namespace convoy
