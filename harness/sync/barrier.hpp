// Barrier: nobody goes on before all have come.
#pragma once

#include "harness/sync/object.hpp"

namespace convoy {

// CPython's threading.Barrier for a fixed number of workers, again and again. Who gives up breaks
// it for all: from then on every wait of the round throws SyncError. Threads and processes that
// have a CPU each spin for up to 50 µs before they sleep.
class Barrier : public SyncObject {
 public:
  // Throws std::invalid_argument for fewer than 1 or more than there are workers.
  Barrier(const ObjectPlace& place, std::int64_t parties);

  // co_await wait(worker): in which place it came, from 0; the last, parties − 1, lets all go on.
  // The second form breaks the barrier after `limit`.
  SyncWait<Barrier> wait(Worker& worker) { return {*this, worker}; }
  SyncWait<Barrier> wait(Worker& worker, nanoseconds limit) {
    return {*this, worker, now() + limit};
  }
  int parties() const { return static_cast<int>(parties_); }

  // For SyncWait, and the fixture.
  bool attempt(const Worker& worker);
  bool block(Worker& worker, WaitLimit limit);
  bool park(ParkedOperation& operation);
  static bool leave(ParkedOperation& operation, ParkedOperation::Leaving why);
  int conclude(const Worker& worker, bool got, bool handed);
  void reset();

 private:
  // The lowest bit of generation_ says that the barrier is broken; the rest counts how often all
  // have come.
  static constexpr std::uint32_t kBroken = 1, kNext = 2;

  bool let_go(const Worker& worker, std::uint32_t generation);
  [[noreturn]] void broken(const Worker& worker) const;

  const std::uint32_t parties_;
  // Acquire-release: who goes on sees what all did before they came.
  std::atomic<std::uint32_t> come_{0};
  FutexWord generation_{0};
};

}  // namespace convoy
