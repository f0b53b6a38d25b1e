// The awaiter that all of a worker's waits return.
#pragma once

#include <coroutine>
#include <cstddef>

#include "harness/work/operation.hpp"
#include "harness/work/worker.hpp"

namespace convoy {

// The awaiter of every wait: blocks here and now without a waiter, else suspends or switches
// stacks. A temporary of one co_await.
class [[nodiscard]] Wait {
 public:
  Wait(Worker& worker, Operation::Kind kind) : worker_(&worker) { operation_.kind = kind; }
  // For a call on a descriptor with a buffer; `data` is written to by the reading kinds only.
  Wait(Worker& worker, Operation::Kind kind, int fd, const void* data, std::size_t size,
       off_t offset = -1)
      : Wait(worker, kind) {
    operation_.fd = fd;
    operation_.data = const_cast<void*>(data);
    operation_.size = size;
    operation_.offset = offset;
  }
  // For a sleep: until when, on the clock of now().
  Wait(Worker& worker, nanoseconds deadline) : Wait(worker, Operation::Kind::sleep) {
    operation_.deadline = deadline;
  }

  bool await_ready() {
    if (worker_->waiter_ != nullptr) return waited_on_own_stack(*worker_->waiter_, *this);
    worker_->block(operation_);
    return true;
  }
  bool await_suspend(std::coroutine_handle<> continuation) {
    operation_.continuation = continuation;
    operation_.worker = worker_;
    return worker_->waiter_->wait(operation_);
  }
  // The number of bytes, or the accepted descriptor.
  std::size_t await_resume();

 private:
  Worker* worker_;
  Operation operation_;
};

inline Wait Worker::turn() { return {*this, Operation::Kind::turn}; }

}  // namespace convoy
