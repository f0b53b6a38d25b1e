// Workers that add to one counter: threads share it as they share everything, processes since it is
// in memory they have in common.
// lint: long because three ways to count are checked
#include <stdexcept>
#include <string>

#include "harness/sync/mutex.hpp"
#include "harness/work/workload.hpp"

namespace {
enum How : std::int64_t { atomic, locked, own };
}  // namespace
static const convoy::Choice how{
    "how",
    {"atomic", "lock", "own"},
    "An atomic addition, an addition under a lock, or a counter for each worker"};

constexpr int kIncrements = 100;  // in an operation: 1 us at least

namespace {
struct Counters {
  // Relaxed: the numbers alone matter, until the last worker adds them up.
  std::atomic<std::uint64_t> shared{0};
  std::uint64_t guarded = 0;
  // Acquire-release: the last to end sees what all have done.
  std::atomic<std::uint64_t> expected{0};
  std::atomic<int> ended{0};
};
}  // namespace
static const convoy::SharedState<Counters> counters;
static const convoy::Synced<convoy::Mutex> lock{"counter"};

static const convoy::Figure increment{"increment_ns", "ns", convoy::Combine::mean,
                                      "Wall time of one increment of one worker"};

static void add(std::atomic<std::uint64_t>& number) {
  for (int i = 0; i < kIncrements; ++i) number.fetch_add(1, std::memory_order_relaxed);
}

static double nanoseconds_since(std::chrono::nanoseconds began) {
  return static_cast<double>((convoy::now() - began).count());
}

static void check(const Counters& all, bool shared) {
  const std::uint64_t counted = all.shared + all.guarded;
  if (shared && counted != all.expected)
    throw std::runtime_error("wrong answer: counted " + std::to_string(counted) + " of " +
                             std::to_string(all.expected) +
                             " increments; this is a defect of the model or of the lock");
}

CONVOY_WORKLOAD(share_counter, share, "Add to a counter that all workers share", how, counters,
                lock, increment, convoy::NoAnswer{}, convoy::WorkersNeedEachOther{},
                convoy::UsualWorkers{{2}}, convoy::UsualValues{how, {"atomic", "lock"}},
                convoy::UnderFewLocks{}) {
  Counters& all = worker[counters];
  convoy::Mutex& guard = worker[lock];
  const auto way = worker[how];
  std::atomic<std::uint64_t> mine{0};
  std::uint64_t added = 0;
  const auto began = convoy::now();
  for (; worker.next(); added += kIncrements) {
    if (way == locked) {
      for (int i = 0; i < kIncrements; ++i) {
        co_await guard.lock(worker);
        ++all.guarded;
        guard.unlock(worker);
      }
    } else {
      add(way == atomic ? all.shared : mine);
    }
    worker.checkpoint();
  }
  if (added > 0) worker.report(increment, nanoseconds_since(began) / static_cast<double>(added));
  worker.keep(mine.load());
  all.expected.fetch_add(added, std::memory_order_acq_rel);
  if (all.ended.fetch_add(1, std::memory_order_acq_rel) + 1 == worker.count())
    check(all, way != own);
}
