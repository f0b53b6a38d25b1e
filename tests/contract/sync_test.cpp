// What the objects that workers wait for each other on promise, under every model and with and
// without an interpreter lock.
#include <gmock/gmock.h>

#include <array>
#include <atomic>
#include <string>
#include <vector>

#include "harness/sync/barrier.hpp"
#include "harness/sync/condition.hpp"
#include "harness/sync/event.hpp"
#include "harness/sync/mutex.hpp"
#include "harness/sync/semaphore.hpp"
#include "harness/sync/spin_lock.hpp"
#include "harness/sync/timer.hpp"
#include "tests/contract/crews.hpp"

namespace convoy::contract {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// How a crew runs; a test's parameter.
struct Way {
  const Model* model;
  std::string gil;
  int carriers = 1;
  Engine engine = Engine::automatic;
};

std::string name_of(const Way& way) {
  std::string name = way.model->name + "_" + way.gil;
  if (way.carriers > 1)
    name += way.engine == Engine::epoll ? "_2_carriers_epoll" : "_2_carriers_io_uring";
  return name;
}
void PrintTo(const Way& way, std::ostream* stream) { *stream << name_of(way); }
std::string name_of_way(const testing::TestParamInfo<Way>& info) {
  return name_of(info.param);
}

// Every model whose workers may wait for each other.
std::vector<Way> ways() {
  std::vector<Way> all;
  for (const std::string gil : {"none", "cpython32", "cpython_ft"})
    for (const Model& model : models()) {
      if (!side_by_side(model)) continue;
      all.push_back({&model, gil});
      if (!model.looped) continue;
      all.push_back({&model, gil, 2, Engine::epoll});
      all.push_back({&model, gil, 2, Engine::io_uring});
    }
  return all;
}

class Sync : public LeavesNothing, public testing::WithParamInterface<Way> {
 protected:
  CrewPlan plan(const Workload& workload, int workers) const {
    const Way& way = GetParam();
    return plan_of(workload, *way.model, way.gil, workers, way.carriers, way.engine);
  }
  // Why the crew failed in two rounds; objects are as new in the second.
  std::string failure(const Workload& workload, int workers, std::uint64_t operations = 1) const {
    const CrewPlan planned = plan(workload, workers);
    try {
      Host host(planned);
      host.run_round(operations, kPatience);
      host.run_round(operations, kPatience);
      host.stop(kPatience);
    } catch (const CrewFailure& failure) {
      return failure.what();
    }
    return {};
  }
};

INSTANTIATE_TEST_SUITE_P(Ways, Sync, testing::ValuesIn(ways()), name_of_way);

// --- Who is inside. Plain integers where the object keeps them whole, so that the thread sanitizer
// sees where it does not.
struct Inside {
  int holder = 0;
  std::int64_t intrusions = 0, entries = 0;
};
const SharedValue<Inside> inside;

void be_alone(const Worker& worker) {
  inside->intrusions += inside->holder != 0;
  inside->holder = 1 + worker.index();
  ++inside->entries;
}
void leave(const Worker& worker) {
  inside->intrusions += inside->holder != 1 + worker.index();
  inside->holder = 0;
}

template <class Lock>
Task exclude(Worker& worker, const Synced<Lock>& lock) {
  while (worker.next()) {
    co_await worker[lock].lock(worker);
    be_alone(worker);
    worker.checkpoint(5);
    co_await worker.turn();
    leave(worker);
    worker[lock].unlock(worker);
    if (worker[lock].try_lock(worker)) {
      be_alone(worker);
      leave(worker);
      worker[lock].unlock(worker);
      --inside->entries;
    }
  }
}

const Synced<Mutex> plain{"plain"}, fair{"fair", true};
const Synced<RLock> recursive{"recursive"};
const Workload excluding_plain = make_workload(
    "plain", "test", "", [](Worker& worker) { return exclude(worker, plain); }, plain);
const Workload excluding_fair = make_workload(
    "fair", "test", "", [](Worker& worker) { return exclude(worker, fair); }, fair);
const Workload excluding_recursive = make_workload(
    "recursive", "test", "", [](Worker& worker) { return exclude(worker, recursive); }, recursive);

const Synced<SpinLock> spinning{"spinning"};
Task exclude_spinning(Worker& worker) {
  while (worker.next()) {
    while (!worker[spinning].try_lock(worker)) co_await worker.turn();
    be_alone(worker);
    worker.checkpoint(5);
    co_await worker.turn();
    leave(worker);
    worker[spinning].unlock(worker);
  }
}
const Workload excluding_spinning =
    make_workload("spinning", "test", "", &exclude_spinning, spinning);

TEST_P(Sync, LocksLetOneInAtATime) {
  for (const Workload* workload :
       {&excluding_plain, &excluding_fair, &excluding_recursive, &excluding_spinning}) {
    inside.reset();
    EXPECT_EQ(failure(*workload, 4, 50), "") << workload->name;
    EXPECT_EQ(inside->intrusions, 0) << workload->name;
  }
}

Task recurse(Worker& worker) {
  while (worker.next()) {
    RLock& lock = worker[recursive];
    for (int depth = 0; depth < 3; ++depth) co_await lock.lock(worker);
    be_alone(worker);
    co_await worker.turn();
    lock.unlock(worker);
    lock.unlock(worker);
    co_await worker.turn();
    leave(worker);
    lock.unlock(worker);
  }
}
const Workload recursing = make_workload("recursing", "test", "", &recurse, recursive);

TEST_P(Sync, RLockIsHeldUntilReleasedAsOftenAsTaken) {
  inside.reset();
  EXPECT_EQ(failure(recursing, 3, 20), "");
  EXPECT_EQ(inside->intrusions, 0);
  EXPECT_EQ(inside->entries, 2 * 3 * 20);
}

struct Room {
  std::atomic<int> inside{0}, most{0}, entries{0};
};
const SharedValue<Room> room;

const Synced<Semaphore> two{"two", 2};

Task enter(Worker& worker) {
  while (worker.next()) {
    co_await worker[two].acquire(worker);
    const int now_inside = room->inside.fetch_add(1) + 1;
    for (int most = room->most; most < now_inside;)
      if (room->most.compare_exchange_weak(most, now_inside)) break;
    ++room->entries;
    co_await worker.turn();
    room->inside.fetch_sub(1);
    worker[two].release(worker);
  }
}
const Workload entering = make_workload("entering", "test", "", &enter, two);

TEST_P(Sync, SemaphoreLetsInAsManyAsItHasPermits) {
  room.reset();
  EXPECT_EQ(failure(entering, 5, 30), "");
  EXPECT_LE(room->most, 2);
  EXPECT_EQ(room->entries, 2 * 5 * 30);
}

// --- Events: worker 0 sets what the others wait for, and each answers.
const Synced<Event> go{"go"};
const Synced<Semaphore> answers{"answers", 0};

Task wait_for_go(Worker& worker) {
  while (worker.next()) {
    if (worker.index() != 0) {
      co_await worker[go].wait(worker);
      worker[answers].release(worker);
      continue;
    }
    co_await worker.sleep(200us);
    worker[go].set(worker);
    for (int i = 1; i < worker.count(); ++i) co_await worker[answers].acquire(worker);
  }
}
const Workload waiting_for_go =
    make_workload("waiting_for_go", "test", "", &wait_for_go, go, answers);

TEST_P(Sync, EventLetsAllGo) { EXPECT_EQ(failure(waiting_for_go, 5), ""); }

// --- Conditions: those who wait go on in the order they came.
struct Order {
  int waiting = 0;
  int woken = 0;
  std::array<int, 8> came{}, went{};
};
const SharedValue<Order> order;
const Synced<Condition> changed{"changed"};

Task take_turns(Worker& worker) {
  Mutex& lock = worker[plain];
  Condition& condition = worker[changed];
  while (worker.next()) {
    co_await lock.lock(worker);
    if (worker.index() != 0) {
      order->came[static_cast<std::size_t>(order->waiting++)] = worker.index();
      const bool notified = co_await condition.wait(worker, lock);
      if (!notified || !lock.held_by(worker)) throw std::logic_error("woken without its lock");
      order->went[static_cast<std::size_t>(order->woken++)] = worker.index();
    } else {
      while (order->waiting < worker.count() - 1) {
        lock.unlock(worker);
        co_await worker.sleep(100us);
        co_await lock.lock(worker);
      }
      for (int i = 1; i < worker.count(); ++i) {
        if (condition.notify(worker, lock) != 1) throw std::logic_error("woke nobody");
        while (order->woken < i) {
          lock.unlock(worker);
          co_await worker.sleep(100us);
          co_await lock.lock(worker);
        }
      }
      if (condition.notify(worker, lock) != 0) throw std::logic_error("woke somebody");
      if (order->came != order->went) throw std::logic_error("woken out of order");
      *order = {};
    }
    lock.unlock(worker);
  }
}
const Workload taking_turns =
    make_workload("taking_turns", "test", "", &take_turns, plain, changed);

TEST_P(Sync, ConditionWakesInTheOrderTheyCame) {
  order.reset();
  EXPECT_EQ(failure(taking_turns, 5), "");
}

Task produce_and_consume(Worker& worker) {
  Mutex& lock = worker[plain];
  Condition& condition = worker[changed];
  while (worker.next()) {
    co_await lock.lock(worker);
    if (worker.index() % 2 == 0) {
      ++order->waiting;
      condition.notify(worker, lock);
    } else {
      while (order->waiting == 0) co_await condition.wait(worker, lock);
      --order->waiting;
    }
    lock.unlock(worker);
  }
}
const Workload producing = make_workload("producing", "test", "", &produce_and_consume, plain, changed);

TEST_P(Sync, ConditionLosesNoNotification) {
  order.reset();
  EXPECT_EQ(failure(producing, 4, 100), "");
  EXPECT_EQ(order->waiting, 0);
}

// --- Barriers.
struct Steps {
  std::array<std::atomic<int>, 8> done{};
};
const SharedValue<Steps> steps;
const Synced<Barrier> all{"all", [](const Setup& setup) { return setup.workers(); }};

Task step(Worker& worker) {
  const auto me = static_cast<std::size_t>(worker.index());
  int mine = steps->done[me];
  while (worker.next()) {
    steps->done[me] = ++mine;
    const int place = co_await worker[all].wait(worker);
    if (place < 0 || place >= worker.count()) throw std::logic_error("no place");
    for (int other = 0; other < worker.count(); ++other) {
      const int theirs = steps->done[static_cast<std::size_t>(other)];
      if (theirs < mine || theirs > mine + 1) throw std::logic_error("somebody is ahead");
    }
    co_await worker[all].wait(worker);
  }
}
const Workload stepping = make_workload("stepping", "test", "", &step, all);

TEST_P(Sync, BarrierHoldsAllUntilTheLastHasCome) {
  steps.reset();
  EXPECT_EQ(failure(stepping, 4, 50), "");
}

// --- Limits: worker 0 holds everything until the others have given up.
const Synced<Mutex> taken{"taken"};
const Synced<Event> never{"never"};
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

TEST_P(Sync, WaitsGiveUpWhenTheirLimitHasPassed) { EXPECT_EQ(failure(giving_up, 4), ""); }

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

TEST_P(Sync, ConditionHasItsLockAgainWhenItGivesUp) {
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

TEST_P(Sync, WhoGivesUpBreaksTheBarrier) {
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

TEST_P(Sync, TimerFiresUnlessCancelled) { EXPECT_EQ(failure(running_timer, 2), ""); }

// --- Deadlocks.
const Synced<Mutex> a{"a"}, b{"b"}, c{"c"};

// Each takes its own, meets the others, and wants the next one's.
template <int count>
Task embrace(Worker& worker) {
  Mutex* const locks[] = {&worker[a], &worker[b], &worker[c]};
  while (worker.next()) {
    co_await locks[worker.index()]->lock(worker);
    co_await worker[all].wait(worker);
    co_await locks[(worker.index() + 1) % count]->lock(worker);
  }
}
const Workload two_embracing = make_workload("two", "test", "", &embrace<2>, a, b, c, all);
const Workload three_embracing = make_workload("three", "test", "", &embrace<3>, a, b, c, all);

TEST_P(Sync, DeadlocksAreFoundAndNamed) {
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

TEST_P(Sync, PlainLockTakenTwiceIsADeadlock) {
  EXPECT_THAT(failure(taking_twice, 1), HasSubstr("deadlock: worker 0 holds 'a' and waits for 'a'"));
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

TEST_P(Sync, WhoCannotComeToTheBarrierIsNamed) {
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

TEST_P(Sync, HoldersOfASemaphoreWhoAllWaitAreADeadlock) {
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

TEST_P(Sync, WaitingForWhoIsDoneIsADeadlock) {
  EXPECT_THAT(failure(leaving_holding, 2),
              HasSubstr("deadlock: worker 0 waits for 'a'; worker 1 is done with its round"));
}

Task keep(Worker& worker) {
  while (worker.next()) co_await worker[a].lock(worker);
}
const Workload keeping = make_workload("keeping", "test", "", &keep, a);

TEST_P(Sync, WhatIsTakenHasToBeReleased) {
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

TEST_P(Sync, OppositeOrdersAreWarnedOf) {
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
Task release_unheld_spinning(Worker& worker) {
  while (worker.next()) worker[spinning].unlock(worker);
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

TEST_P(Sync, MisuseIsNamed) {
  const struct {
    Task (*body)(Worker&);
    int workers;
    const char *object, *rule;
  } cases[] = {
      {release_unheld, 1, "worker 0, mutex 'a'", "nobody holds it"},
      {release_unheld_spinning, 1, "worker 0, spin lock 'spinning'", "does not hold it"},
      {release_others, 2, "worker 1, rlock 'recursive'", "released by who does not hold it"},
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
