// All wait for all, again and again.
#include <atomic>

#include "harness/sync/barrier.hpp"
#include "harness/sync/proof.hpp"
#include "harness/work/workload.hpp"

static const convoy::Synced<convoy::Barrier> all{
    "all", [](const convoy::Setup& setup) { return setup.workers(); }};
namespace {
// Relaxed: the barrier orders them.
struct Count {
  std::atomic<std::uint64_t> come{0};
};
}  // namespace
static const convoy::SharedState<Count> count;

static const convoy::Figure wait{"wait_ns", "ns", convoy::Combine::mean,
                                 "Time from a worker's arrival until it continues"};
static const convoy::Figure longest_wait{"longest_wait_ns", "ns", convoy::Combine::max,
                                         "The longest of those"};

CONVOY_WORKLOAD(sync_barrier, sync, "Wait for all others at a barrier", all, count, wait,
                longest_wait, convoy::WorkersNeedEachOther{}, convoy::UsualWorkers{{2, 4}},
                convoy::UnderFewLocks{}) {
  convoy::Barrier& barrier = worker[all];
  std::atomic<std::uint64_t>& come = worker[count].come;
  const auto workers = static_cast<std::uint64_t>(worker.count());
  // With this one behind and nobody two ahead, between so many and one round more have come.
  for (std::uint64_t least = workers; worker.next(); least += workers) {
    come.fetch_add(1, std::memory_order_relaxed);
    const auto before = convoy::now();
    const int place = co_await barrier.wait(worker);
    const auto waited = convoy::now() - before;
    const std::uint64_t seen = come.load(std::memory_order_relaxed);
    convoy::expect(seen >= least && seen < least + workers, worker,
                   "continued when {} had arrived instead of {}", seen, least);
    worker.report(wait, waited);
    worker.report(longest_wait, waited);
    worker.keep(place < worker.count());
    worker.checkpoint();
  }
}
