// WaitGroup: waits until all that was begun is done.
#pragma once

#include <cstdint>

#include "harness/sync/object.hpp"

namespace convoy {

// Go's sync.WaitGroup: a count of what is under way. Who waits goes on once it is 0.
class WaitGroup : public SyncObject {
 public:
  explicit WaitGroup(const ObjectPlace& place)
      : SyncObject(place, "wait group", FreedBy::anybody) {}

  // So many more are under way.
  void add(std::uint32_t count = 1) {
    if (alone()) add_alone(count);
    else under_way_.fetch_add(count, std::memory_order_relaxed);
  }
  // The same for who knows that no other worker runs meanwhile.
  void add_alone(std::uint32_t count = 1) {
    under_way_.store(under_way() + count, std::memory_order_relaxed);
  }
  // One of them is done. Throws SyncError where none is under way.
  void done(const Worker& worker) {
    if (!try_done(worker)) [[unlikely]]
      misused(worker, "more was done than begun: every done() needs an add()");
  }
  // The same; false where none is under way.
  bool try_done(const Worker& worker);
  std::uint32_t under_way() const { return under_way_.load(std::memory_order_relaxed); }

  // co_await wait(worker): returns when nothing is under way; the second form gives up after
  // `limit` and says whether that was so.
  SyncWait<WaitGroup> wait(Worker& worker) { return {*this, worker}; }
  SyncWait<WaitGroup> wait(Worker& worker, nanoseconds limit) {
    return {*this, worker, now() + limit};
  }

  // For SyncWait, and the fixture.
  bool attempt(const Worker&) const { return under_way_.load(std::memory_order_acquire) == 0; }
  bool block(Worker& worker, WaitLimit limit);
  bool park(ParkedOperation& operation);
  static bool conclude(const Worker&, bool got, bool) { return got; }
  void reset();

 private:
  // Release by who is done and acquire by who sees 0.
  std::atomic<std::uint32_t> under_way_{0};
  // Raised whenever that becomes 0, so that who sleeps is let go though more was begun before it
  // runs.
  FutexWord times_{0};
  // Blocked on times_ or about to be. Sequentially consistent with under_way_: either who waits
  // sees 0, or who makes it 0 sees who waits.
  std::atomic<std::uint32_t> blocked_{0};
};

}  // namespace convoy
