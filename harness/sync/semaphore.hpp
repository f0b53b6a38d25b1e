// Semaphore and BoundedSemaphore: so many workers at once.
#pragma once

#include <cstdint>

#include "harness/sync/object.hpp"

namespace convoy {

// CPython's threading.Semaphore: a count that acquire takes one from, waiting while it is 0.
// Anybody may release. Under coroutines, as asyncio's, permits go to who has waited longest;
// threads and processes take them as they come.
class Semaphore : public SyncObject {
 public:
  static constexpr std::uint32_t kMostPermits = 1U << 30;
  // Throws std::invalid_argument for a count below 0 or above 2^30.
  Semaphore(const ObjectPlace& place, std::int64_t permits)
      : Semaphore(place, "semaphore", permits) {}

  // co_await acquire(worker): returns with a permit; the second form gives up after `limit` and
  // says whether it has one.
  SyncWait<Semaphore> acquire(Worker& worker) {
    tell_order(worker);
    return {*this, worker};
  }
  SyncWait<Semaphore> acquire(Worker& worker, nanoseconds limit) {
    return {*this, worker, now() + limit};
  }
  bool try_acquire(const Worker& worker) { return attempt(worker); }
  void release(const Worker& worker);
  // Permits that are free now.
  std::int64_t free() const { return free_.load(std::memory_order_relaxed); }

  // For SyncWait, and the fixture.
  bool attempt(const Worker& worker) {
    if (!take_one()) return false;
    tell_taken(*worker.wait_slot());
    return true;
  }
  bool block(Worker& worker, WaitLimit limit);
  bool park(ParkedOperation& operation);
  bool conclude(const Worker& worker, bool got, bool handed) {
    if (handed && got) tell_taken(*worker.wait_slot());
    return got;
  }
  void reset();

 protected:
  Semaphore(const ObjectPlace& place, const char* kind, std::int64_t permits);
  // The most there may be free; checked by release.
  std::uint32_t bound_ = kMostPermits;

 private:
  bool take_one();
  void give_back(const Worker& worker);

  const std::uint32_t permits_;
  // Release where permits are given back and acquire where one is taken: who takes one sees what
  // was done before it was given back.
  FutexWord free_;
  // Blocked on free_ or about to be. Sequentially consistent with free_: either who comes sees the
  // permit, or who gives it back sees who comes.
  std::atomic<std::uint32_t> blocked_{0};
};

// Released more often than acquired it throws SyncError, as CPython's raises ValueError.
class BoundedSemaphore : public Semaphore {
 public:
  BoundedSemaphore(const ObjectPlace& place, std::int64_t permits);
};

}  // namespace convoy
