#include "harness/loop/offload.hpp"

#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>

#include "harness/base/check.hpp"

namespace convoy {

Offload::Offload() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!event_) throw_errno("eventfd", "raise `ulimit -n`");
  // Signals are the carrier's: the new thread inherits a full mask.
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    thread_ = std::thread([this] { serve(); });
  } catch (...) {
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Offload::~Offload() {
  {
    const std::lock_guard lock(mutex_);
    waiting_ = {};
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Offload::submit(Operation& operation) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push(operation);
  }
  changed_.notify_one();
}

OperationQueue Offload::collect() {
  eventfd_t count = 0;
  ::eventfd_read(event_.get(), &count);
  const std::lock_guard lock(mutex_);
  return done_.take();
}

void Offload::serve() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (stopping_) return;
    Operation& operation = *waiting_.pop();
    lock.unlock();
    perform_blocking(operation);
    lock.lock();
    done_.push(operation);
    ::eventfd_write(event_.get(), 1);
  }
}

}  // namespace convoy
