// Event: a flag that workers wait for.
#pragma once

#include "harness/sync/object.hpp"

namespace convoy {

// CPython's threading.Event: set() lets go all who wait and all who come until clear().
class Event : public SyncObject {
 public:
  explicit Event(const ObjectPlace& place) : SyncObject(place, "event", FreedBy::anybody) {}

  // co_await wait(worker): returns when it is set; the second form gives up after `limit` and says
  // whether it was set.
  SyncWait<Event> wait(Worker& worker) { return {*this, worker}; }
  SyncWait<Event> wait(Worker& worker, nanoseconds limit) { return {*this, worker, now() + limit}; }
  void set(const Worker& worker);
  void clear() { set_.store(0, std::memory_order_relaxed); }
  bool is_set() const { return set_.load(std::memory_order_acquire) != 0; }

  // For SyncWait, and the fixture.
  bool attempt(const Worker&) const { return is_set(); }
  bool block(Worker& worker, WaitLimit limit);
  bool park(ParkedOperation& operation);
  static bool conclude(const Worker&, bool got, bool) { return got; }
  void reset();

 private:
  // Release where it is set and acquire where that is seen.
  FutexWord set_{0};
  // Raised by every set(), so that who sleeps is let go though the flag is cleared before it runs.
  FutexWord times_{0};
  // Blocked on times_ or about to be; with times_ as in Semaphore.
  std::atomic<std::uint32_t> blocked_{0};
};

}  // namespace convoy
