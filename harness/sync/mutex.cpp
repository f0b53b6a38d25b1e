#include "harness/sync/mutex.hpp"

namespace convoy {

// As the mutex of Drepper's "Futexes are tricky", with the owner where that has a 1. Who has slept
// takes it as contended, since others may sleep as well.
bool Mutex::block_as_futex(const Worker& worker, WaitLimit limit) {
  FutexWord& owner = slot().owner;
  std::uint32_t mine = number_of(worker);
  for (;;) {
    // Relaxed: a look; whoever takes it acquires.
    std::uint32_t seen = owner.load(std::memory_order_relaxed);
    if (seen == 0) {
      if (owner.compare_exchange_weak(seen, mine, std::memory_order_acquire)) return true;
      continue;
    }
    const std::uint32_t contended = seen | ObjectSlot::kContended;
    if (seen != contended &&
        !owner.compare_exchange_weak(seen, contended, std::memory_order_relaxed))
      continue;
    if (!block_on_word(worker, owner, contended, limit)) return false;
    mine |= ObjectSlot::kContended;
  }
}

bool Mutex::take_or_mark(std::uint32_t number) {
  FutexWord& owner = slot().owner;
  for (;;) {
    std::uint32_t seen = owner.load(std::memory_order_relaxed);
    if (seen == 0) {
      if (take_if_free(number)) return true;
      continue;
    }
    const std::uint32_t contended = seen | ObjectSlot::kContended;
    if (seen == contended ||
        owner.compare_exchange_weak(seen, contended, std::memory_order_relaxed))
      return false;
  }
}

bool Mutex::block_until_free(const Worker& worker, WaitLimit limit) {
  if (!fair_) return block_as_futex(worker, limit);
  {
    const Guard guard(*this);
    if (take_or_mark(number_of(worker))) return true;
    before_queueing(worker, nullptr, limit.has_value());
    queue_.push(*this, worker.index());
  }
  return block_in_queue(worker, queue_, limit);
}

bool Mutex::block(Worker& worker, WaitLimit limit) {
  if (!worker.block_on(name(), [&] { return block_until_free(worker, limit); })) return false;
  tell_taken(*worker.wait_slot());
  return true;
}

void Mutex::take_again(const Worker& worker) {
  if (attempt(worker)) return;
  block_until_free(worker, {});
  tell_taken(*worker.wait_slot());
}

bool Mutex::park(ParkedOperation& operation) {
  const Worker& worker = *operation.worker;
  const Guard guard(*this);
  if (take_or_mark(number_of(worker))) {
    tell_taken(*worker.wait_slot());
    return false;
  }
  before_queueing(worker, &operation, operation.timed);
  operation.carrier->wait(operation);
  queue_.push(*this, worker.index());
  return true;
}

bool Mutex::leave(ParkedOperation& operation, ParkedOperation::Leaving why) {
  auto& mutex = *static_cast<Mutex*>(operation.object);
  return mutex.leave_queue(operation, mutex.queue_, why);
}

Mutex::Waking Mutex::hand_over() {
  FutexWord& owner = slot().owner;
  const int next = queue_.pop(*this);
  if (next < 0) {
    owner.store(0, std::memory_order_release);
    return {};
  }
  const Waking waking = prepare_to_wake(next);
  const std::uint32_t number = static_cast<std::uint32_t>(next) + 1;
  owner.store(queue_.empty() ? number : number | ObjectSlot::kContended, std::memory_order_release);
  return waking;
}

// Somebody may wait, or who releases it is not who took it.
void Mutex::unlock_slowly(const Worker& worker) {
  FutexWord& owner = slot().owner;
  const std::uint32_t seen = owner.load(std::memory_order_relaxed);
  if (seen == 0) misused(worker, "released while nobody holds it: every release needs a lock()");
  if ((seen & ~ObjectSlot::kContended) != number_of(worker))
    slot().signalled.store(true, std::memory_order_relaxed);
  if (!fair_ && worker.waiter() == nullptr) {
    if ((owner.exchange(0, std::memory_order_release) & ObjectSlot::kContended) != 0)
      futex_wake(owner, 1, scope());
    return;
  }
  Waking waking;
  {
    const Guard guard(*this);
    waking = hand_over();
  }
  wake(waking);
}

bool Mutex::enqueue(int worker) {
  const Guard guard(*this);
  if (take_or_mark(static_cast<std::uint32_t>(worker) + 1)) return true;
  tell_waiting(table().slot(worker), false);
  queue_.push(*this, worker);
  return false;
}

void Mutex::abandon(int worker) {
  const Guard guard(*this);
  queue_.remove(*this, worker);
}

void Mutex::reset() {
  slot().owner.store(0, std::memory_order_relaxed);
  queue_ = {};
}

}  // namespace convoy
