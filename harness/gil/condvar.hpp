// A condition variable that tells time-outs by CLOCK_MONOTONIC, as interpreters wait for their
// locks.
#pragma once

#include <pthread.h>

#include <cerrno>
#include <mutex>

#include "harness/base/check.hpp"
#include "harness/base/clock.hpp"

namespace convoy {

// Used by lock policies, from the seats' threads; waiting blocks and returns spuriously now and
// then. A pthread condvar rather than std::condition_variable, whose clock and whose number of
// wake-ups are the library's affair.
class Condvar {
 public:
  Condvar() {
    pthread_condattr_t attributes;
    check(pthread_condattr_init(&attributes), "pthread_condattr_init");
    check(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC), "pthread_condattr_setclock");
    check(pthread_cond_init(&condition_, &attributes), "pthread_cond_init");
    pthread_condattr_destroy(&attributes);
  }
  Condvar(const Condvar&) = delete;
  Condvar& operator=(const Condvar&) = delete;
  ~Condvar() { pthread_cond_destroy(&condition_); }

  // The caller holds `mutex`, and holds it again on return.
  void wait(std::mutex& mutex) {
    check(pthread_cond_wait(&condition_, mutex.native_handle()), "pthread_cond_wait");
  }
  // False only when the deadline passed.
  bool wait_until(std::mutex& mutex, nanoseconds deadline) {
    const timespec until = to_timespec(deadline);
    const int error = pthread_cond_timedwait(&condition_, mutex.native_handle(), &until);
    if (error != ETIMEDOUT) check(error, "pthread_cond_timedwait");
    return error != ETIMEDOUT;
  }
  // Wakes one waiter; costs no system call when there is none.
  void signal() { pthread_cond_signal(&condition_); }
  void broadcast() { pthread_cond_broadcast(&condition_); }

 private:
  static void check(int error, const char* call) {
    if (error != 0) throw_error_code(error, call);
  }

  pthread_cond_t condition_;
};

}  // namespace convoy
