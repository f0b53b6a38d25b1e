// Workers that read a number, think, and write it back one larger: what is lost with nothing, with
// a lock and with an atomic addition. Processes share the number, too.
// lint: long because three ways to add are checked
#include <stdexcept>
#include <string>

#include "harness/sync/mutex.hpp"
#include "harness/work/workload.hpp"

using namespace std::chrono_literals;

namespace {
enum How : std::int64_t { nothing, locked, atomic };
}  // namespace
static const convoy::Choice how{"how", {"nothing", "lock", "atomic"}, "What protects the updates"};
static const convoy::Parameter think{
    "think", 100ns, "How long a worker computes between reading and writing", 0ns, 1ms};
static const convoy::Flag wait{
    "wait", false, "Wait between reading and writing, so that coroutines switch there, too"};

constexpr int kUpdates = 100;  // in an operation: 10 us

namespace {
struct Total {
  // Relaxed: what happens between a load and a store is the subject.
  std::atomic<std::uint64_t> number{0};
  // Acquire-release: the last worker to end sees what all have added.
  std::atomic<std::uint64_t> added{0};
  std::atomic<int> ended{0};
};
}  // namespace
static const convoy::SharedState<Total> total;
static const convoy::Synced<convoy::Mutex> lock{"counter"};

CONVOY_WORKLOAD(race_counter, race, "Read a shared number, compute, write it back plus one", how,
                think, wait, total, lock, convoy::NoAnswer{}, convoy::WorkersNeedEachOther{},
                convoy::CountsLost{kUpdates}, convoy::UsualWorkers{{2}},
                convoy::UsualValues{how, {"nothing", "lock"}}) {
  Total& shared = worker[total];
  convoy::Mutex& guard = worker[lock];
  const auto way = worker[how];
  const auto pause = worker[think];
  const bool waits = worker[wait];
  std::uint64_t added = 0;
  for (; worker.next(); added += kUpdates)
    for (int i = 0; i < kUpdates; ++i) {
      if (way == locked) co_await guard.lock(worker);
      const std::uint64_t seen = shared.number.load(std::memory_order_relaxed);
      convoy::compute_for(pause);
      worker.checkpoint();
      if (waits) co_await worker.turn();
      if (way == atomic) shared.number.fetch_add(1, std::memory_order_relaxed);
      else shared.number.store(seen + 1, std::memory_order_relaxed);
      if (way == locked) guard.unlock(worker);
    }
  shared.added.fetch_add(added, std::memory_order_acq_rel);
  if (shared.ended.fetch_add(1, std::memory_order_acq_rel) + 1 < worker.count()) co_return;
  const std::uint64_t lost = shared.added - shared.number;
  worker.lose(lost);
  if (way != nothing && lost != 0)
    throw std::runtime_error("wrong answer: " + std::to_string(lost) +
                             " updates were lost that a lock or an atomic addition guards; this is "
                             "a defect of the model or of the lock");
}
