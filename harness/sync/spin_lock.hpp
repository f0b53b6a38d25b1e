// SpinLock: a lock whose workers look again and again instead of being woken.
#pragma once

#include "harness/sync/object.hpp"

namespace convoy {

// Test, then test-and-set. How to wait for it, a yield without the interpreter lock after every
// spell of looking:
//   while (!lock.try_lock(worker)) co_await worker.turn();
// The deadlock finder knows nothing of who looks, only who ended its round with the lock held.
class SpinLock : public SyncObject {
 public:
  explicit SpinLock(const ObjectPlace& place) : SyncObject(place, "spin lock", FreedBy::owner) {}

  // Looks until it has the lock, for some microseconds at most; only once where its workers share
  // CPUs, since then the holder may be the one that does not run.
  bool try_lock(const Worker& worker);
  // Throws SyncError where the worker does not hold it.
  void unlock(const Worker& worker);

  // For the fixture.
  void reset() { slot().owner.store(0, std::memory_order_relaxed); }
};

}  // namespace convoy
