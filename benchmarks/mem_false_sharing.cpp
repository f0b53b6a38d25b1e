// Workers that add to counters of their own, which lie side by side on one cache line, or apart.
#include <atomic>

#include "harness/work/workload.hpp"

static const convoy::Flag apart{"apart", false, "Put each counter on a cache line of its own"};

constexpr int kUpdates = 400;  // in an operation: 2 us where nobody shares the line
constexpr std::size_t kLine = 64 / sizeof(std::uint64_t);
// Processors fetch lines in pairs, so neighbours on two lines still meet.
constexpr std::size_t kApart = 2 * kLine;

// Relaxed: nobody reads another one's.
using Counter = std::atomic<std::uint64_t>;
static const convoy::SharedMemory<Counter> counters{[](const convoy::Setup& setup) {
  return setup.workers() * (setup[apart] ? std::int64_t{kApart} : 1);
}};

static void add(Counter& counter) {
  for (int i = 0; i < kUpdates; ++i) counter.fetch_add(1, std::memory_order_relaxed);
}

CONVOY_WORKLOAD(mem_false_sharing, mem, "Add to a counter next to those of other workers", apart,
                counters, convoy::UnderFewLocks{}) {
  const std::size_t distance = worker[apart] ? kApart : 1;
  Counter& own = worker[counters][static_cast<std::size_t>(worker.index()) * distance];
  own = 0;
  while (worker.next()) {
    add(own);
    worker.checkpoint();
  }
  worker.keep(own.load());
  co_return;
}
