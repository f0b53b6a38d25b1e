// Locks that one worker holds at a time: Mutex, and RLock, which its holder may take again.
// lint: long because the two locks are one
#pragma once

#include <cstdint>

#include "harness/sync/object.hpp"

namespace convoy {

// CPython's threading.Lock: anybody may release it, though who did not take it turns it into a
// signal, of which the deadlock finder knows nothing any more. Taken twice by one worker it waits
// for ever, and the deadlock finder says so. Threads and processes take it as a futex goes: who
// comes first when it is free. With `fair`, and always under coroutines, as asyncio's, it is handed
// to who has waited longest.
class Mutex : public SyncObject {
 public:
  // `fair`: see above.
  explicit Mutex(const ObjectPlace& place, bool fair = false) : Mutex(place, "mutex", fair) {}

  // co_await lock(worker): returns holding it. The second form gives up after `limit` and says
  // whether it holds it.
  SyncWait<Mutex> lock(Worker& worker) {
    tell_order(worker);
    return {*this, worker};
  }
  SyncWait<Mutex> lock(Worker& worker, nanoseconds limit) { return {*this, worker, now() + limit}; }
  // Never waits.
  bool try_lock(const Worker& worker) { return attempt(worker); }
  // Throws SyncError where nobody holds it.
  void unlock(const Worker& worker) {
    WaitSlot& holder = *worker.wait_slot();
    std::uint32_t mine = number_of(worker);
    if (!tell_released(holder) || !give_back(mine)) [[unlikely]]
      unlock_slowly(worker);
  }
  bool held_by(const Worker& worker) const {
    // Relaxed: true only if the worker itself has stored it.
    return (slot().owner.load(std::memory_order_relaxed) & ~ObjectSlot::kContended) ==
           number_of(worker);
  }

  // For SyncWait, and the fixture.
  bool attempt(const Worker& worker) {
    if (!take_if_free(number_of(worker))) return false;
    tell_taken(*worker.wait_slot());
    return true;
  }
  bool block(Worker& worker, WaitLimit limit);
  bool park(ParkedOperation& operation);
  // `handed`: by whoever woke it, who could not write to this worker's list of what it holds.
  bool conclude(const Worker& worker, bool got, bool handed) {
    if (handed && got) tell_taken(*worker.wait_slot());
    return got;
  }
  void reset();

 protected:
  Mutex(const ObjectPlace& place, const char* kind, bool fair)
      : SyncObject(place, kind, FreedBy::owner), fair_(fair) {}

 private:
  friend class Condition;

  bool take_if_free(std::uint32_t number) {
    FutexWord& owner = slot().owner;
    if (alone()) {
      // Relaxed: one thread only.
      if (owner.load(std::memory_order_relaxed) != 0) return false;
      owner.store(number, std::memory_order_relaxed);
      return true;
    }
    std::uint32_t free = 0;
    return owner.compare_exchange_strong(free, number, std::memory_order_acquire,
                                         std::memory_order_relaxed);
  }
  // False where it is not this worker's, or somebody may wait.
  bool give_back(std::uint32_t number) {
    FutexWord& owner = slot().owner;
    if (alone()) {
      if (owner.load(std::memory_order_relaxed) != number) return false;
      owner.store(0, std::memory_order_relaxed);
      return true;
    }
    return owner.compare_exchange_strong(number, 0, std::memory_order_release,
                                         std::memory_order_relaxed);
  }
  void unlock_slowly(const Worker& worker);
  // Both without the interpreter lock.
  bool block_until_free(const Worker& worker, WaitLimit limit);
  bool block_as_futex(const Worker& worker, WaitLimit limit);
  // Takes it for `number`, or marks it as waited for. 0: taken; else what `owner` holds, marked.
  std::uint32_t take_or_mark(std::uint32_t number);
  // Under the Guard: gives it to the first in the queue, or to nobody.
  Waking hand_over();
  // The wait of a condition's worker goes on here: a blocked one takes it again, without the
  // interpreter lock; of a parked one, true: it holds it already.
  void take_again(const Worker& worker);
  bool enqueue(int worker);
  void abandon(int worker);

  const bool fair_;  // those that block are in the queue, too
};

// CPython's threading.RLock: who holds it may take it again, and releases it as often. Only its
// holder may.
class RLock : public Mutex {
 public:
  explicit RLock(const ObjectPlace& place, bool fair = false) : Mutex(place, "rlock", fair) {}

  SyncWait<RLock> lock(Worker& worker) {
    if (!held_by(worker)) tell_order(worker);
    return {*this, worker};
  }
  SyncWait<RLock> lock(Worker& worker, nanoseconds limit) { return {*this, worker, now() + limit}; }
  bool try_lock(const Worker& worker) { return attempt(worker); }
  // Throws SyncError where the worker does not hold it.
  void unlock(const Worker& worker) {
    if (!held_by(worker)) [[unlikely]]
      misused(
          worker,
          "released by a worker that does not hold it: every release needs a lock() of its own");
    if (--depth_ == 0) Mutex::unlock(worker);
  }

  // For SyncWait, and the fixture.
  bool attempt(const Worker& worker) {
    if (held_by(worker)) {
      ++depth_;
      return true;
    }
    if (!Mutex::attempt(worker)) return false;
    depth_ = 1;
    return true;
  }
  bool block(Worker& worker, WaitLimit limit) {
    if (!Mutex::block(worker, limit)) return false;
    depth_ = 1;
    return true;
  }
  bool park(ParkedOperation& operation) {
    if (Mutex::park(operation)) return true;
    depth_ = 1;
    return false;
  }
  bool conclude(const Worker& worker, bool got, bool handed) {
    if (got && handed) depth_ = 1;
    return Mutex::conclude(worker, got, handed);
  }
  void reset() {
    Mutex::reset();
    depth_ = 0;
  }

 private:
  std::int64_t depth_ = 0;  // written by the holder only, 0 while nobody holds it
};

}  // namespace convoy
