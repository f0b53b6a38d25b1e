// Condition: workers that hold a lock wait for others to change what it guards.
#pragma once

#include "harness/sync/mutex.hpp"

namespace convoy {

// CPython's threading.Condition over a plain lock. notify(n) wakes n workers in the order in which
// they came; each has the lock again when its wait returns.
class Condition : public SyncObject {
 public:
  explicit Condition(const ObjectPlace& place) : SyncObject(place, "condition", FreedBy::anybody) {}

  // co_await wait(worker, lock): lets go of the lock, returns with it when notified; the second
  // form gives up after `limit` and says whether it was notified. Throws SyncError where the worker
  // does not hold the lock, and where others wait with another one.
  SyncWait<Condition> wait(Worker& worker, Mutex& lock) {
    begin(worker, lock);
    return {*this, worker};
  }
  SyncWait<Condition> wait(Worker& worker, Mutex& lock, nanoseconds limit) {
    begin(worker, lock);
    return {*this, worker, now() + limit};
  }
  // Throws SyncError where the worker does not hold the lock. Returns how many were woken.
  int notify(const Worker& worker, const Mutex& lock, int count = 1);
  int notify_all(const Worker& worker, const Mutex& lock) {
    return notify(worker, lock, table().workers());
  }

  // For SyncWait, and the fixture.
  static bool attempt(const Worker&) { return false; }
  bool block(Worker& worker, WaitLimit limit);
  bool park(ParkedOperation& operation);
  static bool leave(ParkedOperation& operation, ParkedOperation::Leaving why);
  bool conclude(const Worker& worker, bool got, bool handed);
  void reset();

 private:
  void begin(const Worker& worker, Mutex& lock);

  // With what those in the queue wait. All have the object at the same address, since its memory
  // was mapped before they were forked. Written under the Guard, and only to change it.
  Mutex* lock_ = nullptr;
};

}  // namespace convoy
