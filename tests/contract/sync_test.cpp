// What the objects that workers wait for each other on promise, under every model and with and
// without an interpreter lock.
#include <gmock/gmock.h>

#include <array>
#include <atomic>
#include <string>

#include "harness/sync/barrier.hpp"
#include "harness/sync/condition.hpp"
#include "harness/sync/each.hpp"
#include "harness/sync/event.hpp"
#include "harness/sync/mutex.hpp"
#include "harness/sync/semaphore.hpp"
#include "harness/sync/spin_lock.hpp"
#include "tests/contract/sync_ways.hpp"

namespace convoy::contract {
namespace {

class SyncObjects : public Sync {};
INSTANTIATE_TEST_SUITE_P(Ways, SyncObjects, testing::ValuesIn(ways()), name_of_way);

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
      --inside->entries;
      worker[lock].unlock(worker);
    }
  }
}

const Synced<Mutex> plain{"plain"}, fair{"fair", true};
const Synced<RLock> recursive{"recursive"};
const Workload excluding_plain = make_workload(
    "plain", "test", "", [](Worker& worker) { return exclude(worker, plain); }, plain);
const Workload excluding_fair =
    make_workload("fair", "test", "", [](Worker& worker) { return exclude(worker, fair); }, fair);
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

TEST_P(SyncObjects, LocksLetOneInAtATime) {
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

TEST_P(SyncObjects, RLockIsHeldUntilReleasedAsOftenAsTaken) {
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

TEST_P(SyncObjects, SemaphoreLetsInAsManyAsItHasPermits) {
  room.reset();
  EXPECT_EQ(failure(entering, 5, 30), "");
  EXPECT_LE(room->most, 2);
  EXPECT_EQ(room->entries, 2 * 5 * 30);
}

// --- Many objects: each worker sets the door of the next and waits at its own.
const Synced<Each<Event>> doors{"door", [](const Setup& setup) { return setup.workers(); }};

Task pass_round(Worker& worker) {
  Event& own = worker[doors][worker.index()];
  Event& next = worker[doors][(worker.index() + 1) % worker.count()];
  while (worker.next()) {
    next.set(worker);
    co_await own.wait(worker);
    own.clear();
    worker.keep(own.name()[5]);
  }
}
const Workload passing_round = make_workload("round", "test", "", &pass_round, doors);

TEST_P(SyncObjects, EachWorkerHasAnObjectOfItsOwn) {
  EXPECT_EQ(failure(passing_round, 5, 1), "");
  EXPECT_THAT(failure(passing_round, kMostObjects + 1), testing::HasSubstr("more than 64 objects"));
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

TEST_P(SyncObjects, EventLetsAllGo) { EXPECT_EQ(failure(waiting_for_go, 5), ""); }

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

TEST_P(SyncObjects, ConditionWakesInTheOrderTheyCame) {
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
const Workload producing =
    make_workload("producing", "test", "", &produce_and_consume, plain, changed);

TEST_P(SyncObjects, ConditionLosesNoNotification) {
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

TEST_P(SyncObjects, BarrierHoldsAllUntilTheLastHasCome) {
  steps.reset();
  EXPECT_EQ(failure(stepping, 4, 50), "");
}

}  // namespace
}  // namespace convoy::contract
