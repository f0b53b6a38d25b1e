// A lock that everybody wants: how soon the next one has it, who that is, and whether it was its
// turn.
// lint: long because the order in which workers get it is a figure, too
#include <algorithm>
#include <atomic>

#include "harness/sync/mutex.hpp"
#include "harness/sync/proof.hpp"
#include "harness/work/workload.hpp"

using namespace std::chrono_literals;

static const convoy::Parameter inside{"inside", 1us,
                                      "How long a worker computes with the lock held", 0ns, 1s};
static const convoy::Parameter outside{
    "outside", 1us, "How long a worker computes between releasing and taking the lock", 0ns, 1s};
static const convoy::Flag fair{"fair", false, "Hand the lock to the longest waiter"};
static const convoy::Flag turn{"turn", false, "Let others run while holding the lock"};

static const convoy::Synced<convoy::Mutex> lock{
    "lock", [](const convoy::Setup& setup) { return setup[fair]; }};
static const convoy::Shared<convoy::Speed> speed{convoy::Speed::measure};

namespace {
// All but `since` under the lock. Relaxed: whoever reads another's `since` only compares times.
struct One {
  std::atomic<std::int64_t> since{0};  // when it asked for the lock; 0 where it does not wait
  double entries = 0;
};
struct Last {
  convoy::Solitude solitude;
  int owner = -1;
  std::int64_t released_at = 0;
  bool somebody_is_done = false;
};
}  // namespace
static const convoy::SharedMemory<One> ones{[](const convoy::Setup& s) { return s.workers(); }};
static const convoy::SharedState<Last> last;

static const convoy::Figure handoff{"handoff_ns", "ns", convoy::Combine::mean,
                                    "Time from a release until a waiting worker has the lock"};
static const convoy::Figure longest_handoff{"handoff_max_ns", "ns", convoy::Combine::max,
                                            "The longest of those"};
static const convoy::Figure longest_wait{"longest_wait_ns", "ns", convoy::Combine::max,
                                         "The longest wait of a worker for the lock"};
static const convoy::Figure out_of_order{
    "out_of_order", "", convoy::Combine::mean,
    "Share of acquisitions that overtook a longer waiter, when several waited"};
static const convoy::Figure fairness{"jain", "", convoy::Combine::mean,
                                     "Jain's index of the acquisitions per worker when the first "
                                     "was done: 1 if all are equal, 1 / workers if one has all"};

static void note_entry(convoy::Worker& worker, Last& before, std::int64_t time) {
  One& own = worker[ones][static_cast<std::size_t>(worker.index())];
  const std::int64_t since = own.since.exchange(0, std::memory_order_relaxed);
  ++own.entries;
  worker.report(longest_wait, time - since);
  if (before.owner != worker.index() && since < before.released_at) {
    worker.report(handoff, time - before.released_at);
    worker.report(longest_handoff, time - before.released_at);
  }
  before.owner = worker.index();
  bool others = false, longer = false;
  for (const One& other : worker[ones]) {
    const std::int64_t waits = other.since.load(std::memory_order_relaxed);
    others |= waits != 0;
    longer |= waits != 0 && waits < since;
  }
  if (others) worker.report(out_of_order, longer ? 1 : 0);
}

static double jain(std::span<const One> all) {
  double sum = 0, squares = 0;
  for (const One& one : all) {
    sum += one.entries;
    squares += one.entries * one.entries;
  }
  return squares > 0 ? sum * sum / (squares * static_cast<double>(all.size())) : 1;
}

CONVOY_WORKLOAD(sync_mutex, sync, "Take a contended lock, work, and release it", inside, outside,
                fair, turn, lock, speed, ones, last, handoff, longest_handoff, longest_wait,
                out_of_order, fairness, convoy::UsualWorkers{{4}},
                convoy::UsualValues{fair, {"off", "on"}}) {
  convoy::Mutex& mutex = worker[lock];
  Last& shared = worker[last];
  One& own = worker[ones][static_cast<std::size_t>(worker.index())];
  const std::int64_t held = worker[speed].steps(worker[inside]);
  const std::int64_t free = worker[speed].steps(worker[outside]);
  std::uint64_t state = static_cast<std::uint64_t>(worker.index()) + 1;
  while (worker.next()) {
    own.since.store(convoy::now().count(), std::memory_order_relaxed);
    co_await mutex.lock(worker);
    shared.solitude.enter(worker);
    note_entry(worker, shared, convoy::now().count());
    state = convoy::compute(state, held);
    worker.checkpoint();
    if (worker[turn]) co_await worker.turn();
    shared.solitude.leave(worker);
    shared.released_at = convoy::now().count();
    mutex.unlock(worker);
    state = convoy::compute(state, free);
    worker.checkpoint();
    worker.keep(state != 0);
  }
  co_await mutex.lock(worker);
  if (!shared.somebody_is_done) worker.report(fairness, jain(worker[ones]));
  shared.somebody_is_done = true;
  own.entries = 0;
  mutex.unlock(worker);
}
