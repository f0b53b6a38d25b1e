// The thread that serves what epoll cannot wait on: regular files.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "harness/base/unique_fd.hpp"
#include "harness/loop/queue.hpp"

namespace convoy {

// One thread, which takes the operations in order and blocks in each; an eventfd tells the loop. It
// inherits the carrier's CPUs, as an executor's threads do, and never sees the interpreter lock.
// Public calls are the carrier's.
class Offload {
 public:
  Offload();
  Offload(const Offload&) = delete;
  // Forgets what has not begun and waits for what has.
  ~Offload();

  // Readable while something is to be collected.
  int event() const { return event_.get(); }
  // Both make one system call.
  void submit(Operation& operation);
  OperationQueue collect();

 private:
  void serve();

  UniqueFd event_;
  std::mutex mutex_;  // guards the next three
  OperationQueue waiting_, done_;
  bool stopping_ = false;
  std::condition_variable changed_;
  std::thread thread_;
};

}  // namespace convoy
