// Two locks that two sides want in opposite order: with a time limit and another try, in one order
// for all, and, where a worker meets itself, with a recursive lock. Two more ways do deadlock.
// lint: long because there are five ways, two of which never end
#include <stdexcept>
#include <string>

#include "harness/sync/barrier.hpp"
#include "harness/sync/mutex.hpp"
#include "harness/work/workload.hpp"

using namespace std::chrono_literals;

namespace {
enum How : std::int64_t { opposite_order, ordered, rlock, hang, plain_recursion };
}  // namespace
static const convoy::Choice how{
    "how",
    {"opposite_order", "ordered", "rlock", "hang", "plain_recursion"},
    "Opposite orders with a time limit and a retry; one order; a recursive lock taken again. "
    "`hang` and `plain_recursion` deadlock on purpose: the row fails, and its reason names who "
    "holds what and waits for what"};
static const convoy::Parameter time_limit{"limit", 200us,
                                          "Under opposite orders, how long a worker waits for the "
                                          "second lock before it releases the first",
                                          1us, 10s};

static const convoy::Synced<convoy::Mutex> a{"a"}, b{"b"};
static const convoy::Synced<convoy::RLock> recursive{"recursive"};
static const convoy::Synced<convoy::Barrier> meeting{
    "meeting", [](const convoy::Setup& setup) { return std::min(setup.workers(), 2); }};
static const convoy::Synced<convoy::Barrier> start{
    "start", [](const convoy::Setup& setup) { return setup.workers(); }};

namespace {
// Written under both locks, or the recursive one.
struct Guarded {
  std::uint64_t entries = 0;
  std::atomic<int> ended{0};  // acquire-release: the last sees all entries
  std::atomic<std::uint64_t> operations{0};
};
}  // namespace
static const convoy::SharedState<Guarded> guarded;

static const convoy::Figure retries{
    "retries", "", convoy::Combine::per_operation,
    "How often an operation released its first lock because waiting for the second timed out"};

static void account_for(convoy::Worker& worker, std::uint64_t operations) {
  Guarded& all = worker[guarded];
  all.operations += operations;
  if (all.ended.fetch_add(1, std::memory_order_acq_rel) + 1 < worker.count()) return;
  if (all.entries != all.operations)
    throw std::runtime_error("wrong answer: " + std::to_string(all.entries) +
                             " entries under the locks in " + std::to_string(all.operations) +
                             " operations; this is a defect of the locks");
}

// Others run between one lock and the next, or there would be nothing to see.
static convoy::Task take_both(convoy::Worker& worker, convoy::Mutex& first, convoy::Mutex& second) {
  const auto way = worker[how];
  // Not all alike, or they would let go and try again together for ever.
  const auto patience = worker[time_limit] * (4 + worker.index() % 4) / 4;
  convoy::Barrier &both_hold_one = worker[meeting], &all_begin = worker[start];
  std::uint64_t operations = 0;
  for (; worker.next(); ++operations) {
    // Together, so that they get into each other's way in every operation and not in some.
    if (way == opposite_order) co_await all_begin.wait(worker);
    for (;;) {
      co_await first.lock(worker);
      co_await worker.turn();
      if (way == hang) co_await both_hold_one.wait(worker);
      if (way != opposite_order) {
        co_await second.lock(worker);
        break;
      }
      const bool got = co_await second.lock(worker, patience);
      if (got) break;
      first.unlock(worker);
      worker.report(retries, 1);
      co_await worker.turn();
    }
    ++worker[guarded].entries;
    second.unlock(worker);
    first.unlock(worker);
  }
  account_for(worker, operations);
}

template <class Lock>
static convoy::Task take_again(convoy::Worker& worker, Lock& lock) {
  std::uint64_t operations = 0;
  for (; worker.next(); ++operations) {
    co_await lock.lock(worker);
    co_await worker.turn();
    co_await lock.lock(worker);
    ++worker[guarded].entries;
    lock.unlock(worker);
    lock.unlock(worker);
  }
  account_for(worker, operations);
}

CONVOY_WORKLOAD(deadlock, deadlock, "Take two locks that others want in the opposite order", how,
                time_limit, a, b, recursive, meeting, start, guarded, retries, convoy::NoAnswer{},
                convoy::WorkersNeedEachOther{}, convoy::UsualWorkers{{2, 4}},
                convoy::UnderFewLocks{}) {
  if (worker[how] == hang && worker.count() != 2)
    throw std::invalid_argument("deadlock.how=hang needs exactly two workers: use --workers 2");
  if (worker[how] == rlock) return take_again(worker, worker[recursive]);
  if (worker[how] == plain_recursion) return take_again(worker, worker[a]);
  const bool turned_round = worker[how] != ordered && worker.index() % 2 == 1;
  return turned_round ? take_both(worker, worker[b], worker[a])
                      : take_both(worker, worker[a], worker[b]);
}
