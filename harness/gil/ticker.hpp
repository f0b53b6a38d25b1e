// The timer thread of an interpreter: what tells a holder that its time is over, whoever waits.
#pragma once

#include <pthread.h>
#include <sched.h>

#include <functional>
#include <mutex>

#include "harness/gil/condvar.hpp"

namespace convoy {

// Calls a function every period, from a thread of its own, once a lock has found a use for it: the
// thread starts with the first start(), in whichever process the lock is by then, and ends with the
// object. Called by the seats, with the lock's mutex held; only the destructor blocks, until a call
// of the function under way has returned.
//
// A thread rather than a seat that waits with a time-out, because interpreters have one: its
// periods begin when they begin, not with anybody's wait, and go on while waiters come and go.
// Lateness is a whole period less the time slept for that reason.
class Ticker {
 public:
  // `tick` is called with `mutex` held, and returns whether there is to be another one.
  Ticker(std::mutex& mutex, nanoseconds period, std::function<bool()> tick)
      : mutex_(mutex), period_(period), tick_(std::move(tick)) {
    CPU_ZERO(&cpus_);
  }
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;
  ~Ticker();

  // Lets the thread run where the caller may: it has the CPUs of all seats, as it has in an
  // interpreter. Were it bound to that of one seat, it would wait there for a seat that computes.
  void share_cpus();
  // The first tick is due in a period, unless there already is one to come.
  void start() {
    if (ticking_) return;
    ticking_ = true;
    if (!created_) create();
    changed_.signal();
  }

 private:
  void create();
  void run();

  std::mutex& mutex_;
  const nanoseconds period_;
  const std::function<bool()> tick_;

  // The rest is under the mutex.
  Condvar changed_;  // one of the flags
  cpu_set_t cpus_;
  pthread_t thread_{};
  bool created_ = false, ticking_ = false, ending_ = false;
};

}  // namespace convoy
