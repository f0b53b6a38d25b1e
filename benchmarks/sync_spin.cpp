// The same as sync_mutex with a lock that is waited for by looking: yields where looking has not
// helped, at once where its workers share CPUs.
#include "harness/sync/proof.hpp"
#include "harness/sync/spin_lock.hpp"
#include "harness/work/workload.hpp"

using namespace std::chrono_literals;

static const convoy::Parameter inside{"inside", 1us,
                                      "How long a worker computes with the lock held", 0ns, 1s};
static const convoy::Parameter outside{
    "outside", 1us, "How long a worker computes between releasing and taking the lock", 0ns, 1s};

static const convoy::Synced<convoy::SpinLock> lock{"lock"};
static const convoy::SharedState<convoy::Solitude> solitude;
static const convoy::Shared<convoy::Speed> speed{convoy::Speed::measure};

static const convoy::Figure wait{"wait_ns", "ns", convoy::Combine::mean,
                                 "How long a worker waited for the lock"};
static const convoy::Figure longest_wait{"longest_wait_ns", "ns", convoy::Combine::max,
                                         "The longest of those"};
static const convoy::Figure yields{"yields", "", convoy::Combine::per_operation,
                                   "How often a worker yielded before it had the lock"};

CONVOY_WORKLOAD(sync_spin, sync, "Take a contended spin lock, work, and release it", inside,
                outside, lock, solitude, speed, wait, longest_wait, yields,
                convoy::UsualWorkers{{4}}, convoy::UnderFewLocks{}) {
  convoy::SpinLock& spin = worker[lock];
  const std::int64_t held = worker[speed].steps(worker[inside]);
  const std::int64_t free = worker[speed].steps(worker[outside]);
  std::uint64_t state = static_cast<std::uint64_t>(worker.index()) + 1;
  while (worker.next()) {
    const auto before = convoy::now();
    int turns = 0;
    for (; !spin.try_lock(worker); ++turns) co_await worker.turn();
    const auto waited = convoy::now() - before;
    worker[solitude].enter(worker);
    state = convoy::compute(state, held);
    worker.checkpoint();
    worker[solitude].leave(worker);
    spin.unlock(worker);
    worker.report(wait, waited);
    worker.report(longest_wait, waited);
    worker.report(yields, turns);
    state = convoy::compute(state, free);
    worker.checkpoint();
    worker.keep(state != 0);
  }
}
