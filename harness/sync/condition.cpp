#include "harness/sync/condition.hpp"

namespace convoy {

void Condition::begin(const Worker& worker, Mutex& lock) {
  if (!lock.held_by(worker)) misused(worker, "waited for without holding its lock: lock() first");
  const Guard guard(*this);
  if (!queue_empty() && lock_ != &lock)
    misused(worker, "waited for with another lock than its present waiters use");
  if (lock_ != &lock) lock_ = &lock;
}

bool Condition::block(Worker& worker, WaitLimit limit) {
  Mutex& lock = *lock_;
  {
    const Guard guard(*this);
    enter_queue(worker, limit);
  }
  lock.unlock(worker);
  return worker.block_on(name(), [&] {
    const bool notified = block_in_queue(worker, limit);
    lock.take_again(worker);
    return notified;
  });
}

bool Condition::park(ParkedOperation& operation) {
  const Worker& worker = *operation.worker;
  {
    const Guard guard(*this);
    enter_queue(operation);
  }
  lock_->unlock(worker);  // wakes others only, so that this wait is still there afterwards
  return true;
}

// Whose limit has passed waits for the lock all the same, without a limit.
bool Condition::leave(ParkedOperation& operation, ParkedOperation::Leaving why) {
  auto& condition = static_cast<Condition&>(*static_cast<SyncObject*>(operation.object));
  const int worker = operation.worker->index();
  Mutex* lock = nullptr;
  {
    const Guard guard(condition);
    lock = condition.lock_;
  }
  const bool left = condition.leave_queue(operation, why);
  if (why == ParkedOperation::Leaving::late) return left && lock->enqueue(worker);
  if (!left) lock->abandon(worker);
  return true;
}

bool Condition::conclude(const Worker& worker, bool got, bool handed) {
  if (handed) lock_->conclude(worker, true, true);
  return got;
}

int Condition::notify(const Worker& worker, const Mutex& lock, int count) {
  if (!lock.held_by(worker)) misused(worker, "notified without holding its lock: lock() first");
  int woken = 0;
  for (; woken < count; ++woken) {
    Waking next;
    {
      const Guard guard(*this);
      next = take_first();
    }
    if (next.slot == nullptr) break;
    // A suspended worker is resumed when it has the lock, for which it waits in its turn. The
    // notifier holds that, so it cannot be free.
    if (next.parked != nullptr) lock_->enqueue(next.worker);
    else wake(next);
  }
  return woken;
}

void Condition::reset() {
  lock_ = nullptr;
  clear_queue();
}

}  // namespace convoy
