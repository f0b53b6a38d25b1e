// Deadlocks, opposite orders and misuse of the objects that workers wait on: found and named under
// every model.
#include <gmock/gmock.h>

#include <array>
#include <atomic>
#include <string>

#include "harness/sync/barrier.hpp"
#include "harness/sync/condition.hpp"
#include "harness/sync/event.hpp"
#include "harness/sync/mutex.hpp"
#include "harness/sync/semaphore.hpp"
#include "harness/sync/spin_lock.hpp"
#include "harness/sync/timer.hpp"
#include "tests/contract/sync_ways.hpp"

namespace convoy::contract {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class SyncMisuse : public Sync {};
INSTANTIATE_TEST_SUITE_P(Ways, SyncMisuse, testing::ValuesIn(ways()), name_of_way);

const Synced<Condition> changed{"changed"};
const Synced<Event> go{"go"};
const Synced<Semaphore> two{"two", 2};
const Synced<RLock> recursive{"recursive"};
const Synced<Timer> timer{"timer"};
const Synced<Barrier> all{"all", [](const Setup& setup) { return setup.workers(); }};

// --- Deadlocks.
const Synced<Mutex> a{"a"}, b{"b"}, c{"c"};

// Each takes its own, meets the others, and wants the next one's.
template <int count>
Task embrace(Worker& worker) {
  Mutex* const locks[] = {&worker[a], &worker[b], &worker[c]};
  while (worker.next()) {
    Mutex& mine = *locks[worker.index()];
    Mutex& next = *locks[(worker.index() + 1) % count];
    co_await mine.lock(worker);
    co_await worker[all].wait(worker);
    co_await next.lock(worker);
  }
}
const Workload two_embracing = make_workload("two", "test", "", &embrace<2>, a, b, c, all);
const Workload three_embracing = make_workload("three", "test", "", &embrace<3>, a, b, c, all);

TEST_P(SyncMisuse, DeadlocksAreFoundAndNamed) {
  EXPECT_THAT(failure(two_embracing, 2),
              HasSubstr("deadlock: worker 0 holds 'a' and waits for 'b'; "
                        "worker 1 holds 'b' and waits for 'a'"));
  EXPECT_THAT(failure(three_embracing, 3),
              HasSubstr("deadlock: worker 0 holds 'a' and waits for 'b'; worker 1 holds 'b' and "
                        "waits for 'c'; worker 2 holds 'c' and waits for 'a'"));
}

Task take_twice(Worker& worker) {
  while (worker.next()) {
    co_await worker[a].lock(worker);
    co_await worker[a].lock(worker);
  }
}
const Workload taking_twice = make_workload("taking_twice", "test", "", &take_twice, a);

TEST_P(SyncMisuse, PlainLockTakenTwiceIsADeadlock) {
  EXPECT_THAT(failure(taking_twice, 1),
              HasSubstr("deadlock: worker 0 holds 'a' and waits for 'a'"));
}

Task hold_and_meet(Worker& worker) {
  while (worker.next()) {
    co_await worker[a].lock(worker);
    co_await worker[all].wait(worker);
    worker[a].unlock(worker);
  }
}
const Workload holding_and_meeting =
    make_workload("holding_and_meeting", "test", "", &hold_and_meet, a, all);

TEST_P(SyncMisuse, WhoCannotComeToTheBarrierIsNamed) {
  EXPECT_THAT(failure(holding_and_meeting, 2),
              AllOf(HasSubstr("deadlock: "), HasSubstr("holds 'a' and waits for 'all'"),
                    HasSubstr("waits for 'a'")));
}

Task exhaust(Worker& worker) {
  while (worker.next()) {
    co_await worker[two].acquire(worker);
    co_await worker[all].wait(worker);
    co_await worker[two].acquire(worker);
  }
}
const Workload exhausting = make_workload("exhausting", "test", "", &exhaust, two, all);

TEST_P(SyncMisuse, HoldersOfASemaphoreWhoAllWaitAreADeadlock) {
  EXPECT_THAT(failure(exhausting, 2),
              AllOf(HasSubstr("deadlock: worker 0 holds 'two' and waits for 'two'")));
}

Task leave_holding(Worker& worker) {
  while (worker.next())
    if (worker.index() == 1) {
      co_await worker[a].lock(worker);
      worker[go].set(worker);
    } else {
      co_await worker[go].wait(worker);
      co_await worker[a].lock(worker);
    }
}
const Workload leaving_holding = make_workload("leaving", "test", "", &leave_holding, a, go);

TEST_P(SyncMisuse, WaitingForWhoIsDoneIsADeadlock) {
  EXPECT_THAT(failure(leaving_holding, 2),
              HasSubstr("deadlock: worker 0 waits for 'a'; worker 1 is done with its round"));
}

Task keep(Worker& worker) {
  while (worker.next()) co_await worker[a].lock(worker);
}
const Workload keeping = make_workload("keeping", "test", "", &keep, a);

TEST_P(SyncMisuse, WhatIsTakenHasToBeReleased) {
  EXPECT_THAT(failure(keeping, 1), HasSubstr("worker 0 ended its round with 'a' (mutex) held"));
}

// --- Order of locks: nothing hangs, and yet.
Task nest(Worker& worker) {
  Mutex& first = worker.index() == 0 ? worker[a] : worker[b];
  Mutex& second = worker.index() == 0 ? worker[b] : worker[a];
  while (worker.next()) {
    if (worker.index() == 1) co_await worker[go].wait(worker);
    co_await first.lock(worker);
    co_await second.lock(worker);
    second.unlock(worker);
    first.unlock(worker);
    worker[go].set(worker);
  }
}
const Workload nesting = make_workload("nesting", "test", "", &nest, a, b, go);

TEST_P(SyncMisuse, OppositeOrdersAreWarnedOf) {
  const CrewPlan planned = plan(nesting, 2);
  Host host(planned);
  EXPECT_TRUE(host.order_warnings().empty());
  host.run_round(1, kPatience);
  EXPECT_THAT(host.order_warnings(),
              testing::ElementsAre(
                  "'a' before 'b' in worker 0, 'b' before 'a' in worker 1: they can deadlock"));
  host.stop(kPatience);
}

// --- Misuse.
Task release_unheld(Worker& worker) {
  while (worker.next()) worker[a].unlock(worker);
  co_return;
}
Task release_others(Worker& worker) {
  while (worker.next()) {
    if (worker.index() == 0) {
      co_await worker[recursive].lock(worker);
      worker[go].set(worker);
      continue;
    }
    co_await worker[go].wait(worker);
    worker[recursive].unlock(worker);
  }
}
const Synced<BoundedSemaphore> bounded{"bounded", 1};
Task release_too_often(Worker& worker) {
  while (worker.next()) {
    co_await worker[bounded].acquire(worker);
    worker[bounded].release(worker);
    worker[bounded].release(worker);
  }
}
Task notify_without_lock(Worker& worker) {
  while (worker.next()) worker[changed].notify(worker, worker[a]);
  co_return;
}
Task wait_without_lock(Worker& worker) {
  while (worker.next()) co_await worker[changed].wait(worker, worker[a]);
}
Task cancel_twice(Worker& worker) {
  while (worker.next()) {
    if (worker.index() == 1) {
      co_await worker[timer].run(worker, 60s);
      continue;
    }
    while (!worker[timer].cancel(worker)) co_await worker.sleep(50us);
    worker[timer].cancel(worker);
  }
}

const Synced<SpinLock> spinning{"spinning"};
Task release_unheld_spinning(Worker& worker) {
  while (worker.next()) worker[spinning].unlock(worker);
  co_return;
}

TEST_P(SyncMisuse, MisuseIsNamed) {
  const struct {
    Task (*body)(Worker&);
    int workers;
    const char *object, *rule;
  } cases[] = {
      {release_unheld, 1, "worker 0, mutex 'a'", "nobody holds it"},
      {release_others, 2, "worker 1, rlock 'recursive'",
       "released by a worker that does not hold it"},
      {release_unheld_spinning, 1, "worker 0, spin lock 'spinning'", "does not hold it"},
      {release_too_often, 1, "worker 0, bounded semaphore 'bounded'", "more often than"},
      {notify_without_lock, 1, "worker 0, condition 'changed'", "without holding its lock"},
      {wait_without_lock, 1, "worker 0, condition 'changed'", "without holding its lock"},
      {cancel_twice, 2, "worker 0, timer 'timer'", "cancelled twice"},
  };
  for (const auto& each : cases) {
    const Workload workload = make_workload("misusing", "test", "", each.body, a, recursive, go,
                                            bounded, changed, timer, spinning);
    EXPECT_THAT(failure(workload, each.workers),
                AllOf(HasSubstr(each.object), HasSubstr(each.rule)));
  }
}

}  // namespace
}  // namespace convoy::contract
