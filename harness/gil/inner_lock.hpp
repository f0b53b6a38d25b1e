// A mutex within an interpreter lock.
#pragma once

#include <mutex>

#include "harness/base/recorder.hpp"
#include "harness/base/seat.hpp"

namespace convoy {

// Holds a mutex that guards a policy's own state, for a scope. Used by the seats, from their own
// threads; blocks until the mutex is free, and tells the seat's recorder that it waits for the
// interpreter lock then.
class InnerLock {
 public:
  InnerLock(std::mutex& mutex, const Seat& seat) : lock_(mutex, std::try_to_lock) {
    if (lock_) return;
    const RecordedWait recorded(seat.recorder, WaitCause::gil);
    lock_.lock();
  }
  void unlock() { lock_.unlock(); }

 private:
  std::unique_lock<std::mutex> lock_;
};

}  // namespace convoy
