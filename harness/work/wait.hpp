// The awaiters that a worker's waits return.
#pragma once

#include <coroutine>
#include <cstddef>
#include <type_traits>

#include "harness/work/operation.hpp"
#include "harness/work/worker.hpp"

namespace convoy {

// What the wait brought: a number of bytes, or a descriptor. Throws std::system_error where the
// call failed.
std::size_t result_of(const Suspension& suspension);

// The awaiter of every wait: blocks here and now without a waiter, else suspends or switches
// stacks. A temporary of one co_await, so in the frame of a suspended coroutine: of a million
// sleepers each holds one.
template <class Suspended>
class [[nodiscard]] WaitFor {
 public:
  WaitFor(Worker& worker, Suspension::Kind what) {
    suspended_.worker = &worker;
    suspended_.kind = what;
  }
  // For a call on a descriptor with a buffer; `data` is written to by the reading kinds only.
  WaitFor(Worker& worker, Suspension::Kind what, int fd, const void* data, std::size_t size,
          off_t offset = -1)
    requires std::is_same_v<Suspended, Operation>
      : WaitFor(worker, what) {
    suspended_.fd = fd;
    suspended_.data = const_cast<void*>(data);
    suspended_.size = size;
    suspended_.offset = offset;
  }
  // For a sleep: until when, on the clock of now().
  WaitFor(Worker& worker, nanoseconds deadline) : WaitFor(worker, Suspension::Kind::sleep) {
    suspended_.deadline = deadline;
  }

  bool await_ready() {
    Worker& worker = *suspended_.worker;
    if (worker.waiter_ != nullptr) return waited_on_own_stack(*worker.waiter_, *this);
    worker.block(suspended_);
    return true;
  }
  auto await_suspend(std::coroutine_handle<> continuation) {
    suspended_.continuation = continuation;
    Waiter& waiter = *suspended_.worker->waiter_;
    if constexpr (std::is_same_v<Suspended, Operation>) return waiter.wait(suspended_);
    else return waiter.pause(suspended_);
  }
  // The number of bytes, or the accepted descriptor.
  std::size_t await_resume() {
    if constexpr (!std::is_same_v<Suspended, Operation>) {
      if (suspended_.kind != Suspension::Kind::sleep) return 0;
      suspended_.worker->note_lateness_of(suspended_.deadline);
    }
    return result_of(suspended_);
  }

 private:
  Suspended suspended_;
};

inline Pause Worker::turn() { return {*this, Suspension::Kind::turn}; }

}  // namespace convoy
