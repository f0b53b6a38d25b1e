#include "harness/sync/semaphore.hpp"

#include <fmt/format.h>

namespace convoy {

static std::uint32_t checked(const char* kind, const char* name, std::int64_t permits) {
  if (permits < 0 || permits > Semaphore::kMostPermits)
    throw std::invalid_argument(fmt::format("{} '{}' of {}: give it 0 to {} permits", kind, name,
                                            permits, Semaphore::kMostPermits));
  return static_cast<std::uint32_t>(permits);
}

Semaphore::Semaphore(const ObjectPlace& place, const char* kind, std::int64_t permits)
    : SyncObject(place, kind, FreedBy::holder),
      permits_(checked(kind, place.name, permits)),
      free_(permits_) {}

BoundedSemaphore::BoundedSemaphore(const ObjectPlace& place, std::int64_t permits)
    : Semaphore(place, "bounded semaphore", permits) {
  bound_ = static_cast<std::uint32_t>(permits);
}

bool Semaphore::take_one() {
  std::uint32_t seen = free_.load(std::memory_order_relaxed);
  if (alone()) {
    if (seen == 0) return false;
    free_.store(seen - 1, std::memory_order_relaxed);
    return true;
  }
  while (seen != 0)
    if (free_.compare_exchange_weak(seen, seen - 1, std::memory_order_seq_cst,
                                    std::memory_order_relaxed))
      return true;
  return false;
}

bool Semaphore::block(Worker& worker, WaitLimit limit) {
  const bool got = worker.block_on(name(), [&] {
    blocked_.fetch_add(1, std::memory_order_seq_cst);
    bool taken = take_one();
    while (!taken && block_on_word(worker, free_, 0, limit)) taken = take_one();
    blocked_.fetch_sub(1, std::memory_order_relaxed);
    return taken || take_one();  // one that came with the limit
  });
  if (got) tell_taken(*worker.wait_slot());
  return got;
}

bool Semaphore::park(ParkedOperation& operation) {
  const Worker& worker = *operation.worker;
  const Guard guard(*this);
  if (take_one()) {
    tell_taken(*worker.wait_slot());
    return false;
  }
  enter_queue(operation);
  return true;
}

void Semaphore::release(const Worker& worker) {
  // Who gives back what it does not hold uses it as a signal.
  if (!tell_released(*worker.wait_slot())) slot().signalled.store(true, std::memory_order_relaxed);
  if (worker.waiter() == nullptr) {
    give_back(worker);
    if (blocked_.load(std::memory_order_seq_cst) != 0) futex_wake(free_, 1, scope());
    return;
  }
  Waking waking;
  {
    const Guard guard(*this);
    if (queue_empty()) give_back(worker);
    waking = take_first();
  }
  wake(waking);
}

void Semaphore::give_back(const Worker& worker) {
  std::uint32_t free = free_.load(std::memory_order_relaxed);
  do {
    if (free >= bound_) misused(worker, "released more often than it was acquired");
  } while (!free_.compare_exchange_weak(free, free + 1, std::memory_order_seq_cst,
                                        std::memory_order_relaxed));
}

void Semaphore::reset() {
  free_.store(permits_, std::memory_order_relaxed);
  clear_queue();
}

}  // namespace convoy
