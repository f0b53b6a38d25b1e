#include "harness/sync/mutex.hpp"

namespace convoy {

std::uint32_t Mutex::take_or_mark(std::uint32_t number) {
  FutexWord& owner = slot().owner;
  for (;;) {
    // Relaxed: a look; whoever takes it acquires.
    std::uint32_t seen = owner.load(std::memory_order_relaxed);
    if (seen == 0) {
      if (take_if_free(number)) return 0;
      continue;
    }
    const std::uint32_t contended = seen | ObjectSlot::kContended;
    if (seen == contended ||
        owner.compare_exchange_weak(seen, contended, std::memory_order_relaxed))
      return contended;
  }
}

// As the mutex of Drepper's "Futexes are tricky", with the owner where that has a 1. Who has slept
// takes it as contended, since others may sleep as well.
bool Mutex::block_as_futex(const Worker& worker, WaitLimit limit) {
  std::uint32_t mine = number_of(worker);
  while (const std::uint32_t held = take_or_mark(mine)) {
    if (!block_on_word(worker, slot().owner, held, limit)) return false;
    mine |= ObjectSlot::kContended;
  }
  return true;
}

bool Mutex::block_until_free(const Worker& worker, WaitLimit limit) {
  if (!fair_) return block_as_futex(worker, limit);
  {
    const Guard guard(*this);
    if (take_or_mark(number_of(worker)) == 0) return true;
    enter_queue(worker, limit);
  }
  return block_in_queue(worker, limit);
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
  if (take_or_mark(number_of(worker)) == 0) {
    tell_taken(*worker.wait_slot());
    return false;
  }
  enter_queue(operation);
  return true;
}

Mutex::Waking Mutex::hand_over() {
  const Waking next = take_first();
  std::uint32_t owner = number_of(next.worker);  // 0 for nobody
  if (!queue_empty()) owner |= ObjectSlot::kContended;
  slot().owner.store(owner, std::memory_order_release);
  return next;
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
  if (take_or_mark(number_of(worker)) == 0) return true;
  move_to_queue(worker);
  return false;
}

void Mutex::abandon(int worker) {
  const Guard guard(*this);
  remove_from_queue(worker);
}

void Mutex::reset() {
  slot().owner.store(0, std::memory_order_relaxed);
  clear_queue();
}

}  // namespace convoy
