// Waits on objects with a limit, and timers, under every model.
#include <gmock/gmock.h>

#include <array>
#include <atomic>
#include <string>

#include "harness/sync/barrier.hpp"
#include "harness/sync/condition.hpp"
#include "harness/sync/event.hpp"
#include "harness/sync/mutex.hpp"
#include "harness/sync/semaphore.hpp"
#include "harness/sync/timer.hpp"
#include "tests/contract/sync_ways.hpp"

namespace convoy::contract {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class SyncLimits : public Sync {};
INSTANTIATE_TEST_SUITE_P(Ways, SyncLimits, testing::ValuesIn(ways()), name_of_way);

const Synced<Mutex> plain{"plain"};
const Synced<Condition> changed{"changed"};
const Synced<Barrier> all{"all", [](const Setup& setup) { return setup.workers(); }};

// --- Limits: worker 0 holds everything until the others have given up.
const Synced<Mutex> taken{"taken"};
const Synced<Event> never{"never"}, go{"go"};
const Synced<Semaphore> empty{"empty", 0}, gave_up{"gave_up", 0};

Task give_up(Worker& worker) {
  while (worker.next()) {
    if (worker.index() == 0) {
      co_await worker[taken].lock(worker);
      worker[go].set(worker);
      for (int i = 1; i < worker.count(); ++i) co_await worker[gave_up].acquire(worker);
      worker[taken].unlock(worker);
      continue;
    }
    co_await worker[go].wait(worker);
    const nanoseconds before = now();
    const bool locked = co_await worker[taken].lock(worker, 1ms);
    const bool set = co_await worker[never].wait(worker, 1ms);
    const bool acquired = co_await worker[empty].acquire(worker, 1ms);
    if (locked || set || acquired) throw std::logic_error("got what was not to be had");
    if (now() - before < 3ms) throw std::logic_error("gave up early");
    worker[gave_up].release(worker);
    // Now that it will be free, a limit changes nothing.
    const bool at_last = co_await worker[taken].lock(worker, 60s);
    if (!at_last) throw std::logic_error("gave up late");
    worker[taken].unlock(worker);
  }
}
const Workload giving_up =
    make_workload("giving_up", "test", "", &give_up, taken, never, empty, gave_up, go);

TEST_P(SyncLimits, WaitsGiveUpWhenTheirLimitHasPassed) { EXPECT_EQ(failure(giving_up, 4), ""); }

Task wait_in_vain(Worker& worker) {
  Mutex& lock = worker[plain];
  while (worker.next()) {
    co_await lock.lock(worker);
    const bool notified = co_await worker[changed].wait(worker, lock, 1ms);
    if (notified || !lock.held_by(worker)) throw std::logic_error("woken, or without its lock");
    be_alone(worker);
    co_await worker.turn();
    leave(worker);
    lock.unlock(worker);
  }
}
const Workload waiting_in_vain =
    make_workload("waiting_in_vain", "test", "", &wait_in_vain, plain, changed);

TEST_P(SyncLimits, ConditionHasItsLockAgainWhenItGivesUp) {
  inside.reset();
  EXPECT_EQ(failure(waiting_in_vain, 4, 3), "");
  EXPECT_EQ(inside->intrusions, 0);
  EXPECT_EQ(inside->entries, 2 * 4 * 3);
}

Task break_barrier(Worker& worker) {
  while (worker.next())
    if (worker.index() == 0) co_await worker[all].wait(worker, 1ms);
    else if (worker.index() == 1) co_await worker[all].wait(worker);
  // The others do not come.
}
const Workload breaking = make_workload("breaking", "test", "", &break_barrier, all);

TEST_P(SyncLimits, WhoGivesUpBreaksTheBarrier) {
  EXPECT_THAT(failure(breaking, 3), AllOf(HasSubstr("barrier 'all'"), HasSubstr("broken")));
}

// --- Timers: worker 1 cancels what worker 0 runs, then lets it fire.
const Synced<Timer> timer{"timer"};

Task run_timer(Worker& worker) {
  while (worker.next()) {
    if (worker.index() == 1) {
      while (!worker[timer].cancel(worker)) co_await worker.sleep(50us);
      continue;
    }
    const bool fired = co_await worker[timer].run(worker, 60s);
    if (fired) throw std::logic_error("a cancelled timer fired");
    const nanoseconds before = now();
    const bool again = co_await worker[timer].run(worker, 1ms);
    if (!again || now() - before < 1ms) throw std::logic_error("fired early, or not at all");
    if (worker[timer].cancel(worker)) throw std::logic_error("cancelled after it fired");
  }
}
const Workload running_timer = make_workload("running_timer", "test", "", &run_timer, timer);

TEST_P(SyncLimits, TimerFiresUnlessCancelled) { EXPECT_EQ(failure(running_timer, 2), ""); }

}  // namespace
}  // namespace convoy::contract
