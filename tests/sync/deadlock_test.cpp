// What the table of waits tells: deadlocks and nothing else, from one look at it and from many.
#include "harness/sync/deadlock.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <deque>
#include <memory>
#include <thread>
#include <vector>

#include "harness/sync/barrier.hpp"
#include "harness/sync/mutex.hpp"
#include "harness/sync/semaphore.hpp"
#include "harness/work/workload.hpp"

namespace convoy {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A table that is written to by hand.
class Told : public testing::Test {
 protected:
  int lock(const char* name, int owner = -1) {
    ObjectSlot& slot = table_.add(name, "mutex", FreedBy::owner);
    slot.owner = static_cast<std::uint32_t>(owner + 1);
    if (owner >= 0) hold(owner, slot.index);
    return slot.index;
  }
  void hold(int worker, int object) {
    WaitSlot& slot = table_.slot(worker);
    slot.held[slot.held_count++] = static_cast<std::uint16_t>(object);
  }
  void wait(int worker, int object, bool timed = false) {
    WaitSlot& slot = table_.slot(worker);
    StandingWait wait = StandingWait::of(slot.wait);
    ++wait.count;
    wait.timed = timed;
    wait.object = object;
    slot.wait = wait.word();
  }

  WaitTable table_{4, {}};
  DeadlockFinder finder_{table_};
};

TEST_F(Told, TwoLooksHaveToAgree) {
  const int a = lock("a", 0), b = lock("b", 1);
  wait(0, b);
  wait(1, a);
  EXPECT_EQ(finder_.look(), "");
  EXPECT_EQ(finder_.look(),
            "deadlock: worker 0 holds 'a' and waits for 'b'; worker 1 holds 'b' and waits for 'a'");
}

TEST_F(Told, AWaitThatEndedInBetweenIsNone) {
  const int a = lock("a", 0), b = lock("b", 1);
  wait(0, b);
  wait(1, a);
  finder_.look();
  wait(0, b);  // for the same once more
  EXPECT_EQ(finder_.look(), "");
  EXPECT_NE(finder_.look(), "");
}

TEST_F(Told, AWaitWithALimitIsNone) {
  const int a = lock("a", 0), b = lock("b", 1);
  wait(0, b);
  wait(1, a, true);
  finder_.look();
  EXPECT_EQ(finder_.look(), "");
}

TEST_F(Told, WhoWaitsForARunningOwnerIsNotStuck) {
  const int a = lock("a", 0);
  wait(1, a);
  wait(2, a);
  finder_.look();
  EXPECT_EQ(finder_.look(), "");
}

TEST_F(Told, WhoWaitsBehindADeadlockIsNotNamed) {
  const int a = lock("a", 1), b = lock("b", 2);
  wait(0, a);
  wait(1, b);
  wait(2, a);
  finder_.look();
  EXPECT_EQ(finder_.look(),
            "deadlock: worker 1 holds 'a' and waits for 'b'; worker 2 holds 'b' and waits for 'a'");
}

TEST_F(Told, ALockThatOthersReleaseIsASignal) {
  const int a = lock("a", 0), b = lock("b", 1);
  wait(0, b);
  wait(1, a);
  table_.object(a).signalled = true;
  finder_.look();
  EXPECT_EQ(finder_.look(), "");
}

TEST_F(Told, ASemaphoreIsStuckOnlyWithAllItsHolders) {
  const int room = table_.add("room", "semaphore", FreedBy::holder).index;
  hold(0, room);
  hold(1, room);
  wait(0, room);
  finder_.look();
  EXPECT_EQ(finder_.look(), "");  // worker 1 runs
  wait(1, room);
  finder_.look();
  EXPECT_THAT(finder_.look(), HasSubstr("worker 0 holds 'room' and waits for 'room'"));
}

TEST_F(Told, ABarrierIsStuckWithOneWhoCannotCome) {
  const int all = table_.add("all", "barrier", FreedBy::all).index;
  const int a = lock("a", 0);
  wait(0, all);
  wait(1, a);
  finder_.look();
  EXPECT_EQ(finder_.look(),
            "deadlock: worker 0 holds 'a' and waits for 'all'; worker 1 waits for 'a'");
}

TEST_F(Told, WhoIsDoneNeverReleases) {
  const int a = lock("a", 3);
  wait(0, a);
  table_.slot(3).done = true;
  finder_.look();
  EXPECT_EQ(finder_.look(), "deadlock: worker 0 waits for 'a'; worker 3 is done with its round");
}

TEST_F(Told, WaitsAreDescribedWithTheirTime) {
  const int a = lock("a", 0), b = lock("b");
  wait(1, a);
  table_.slot(1).since_ns = 1'000'000;
  wait(2, b);
  table_.slot(2).since_ns = 2'000'000;
  EXPECT_EQ(describe_waits(table_, 1201ms),
            "worker 0 holds 'a'; worker 1 has waited for 'a' (mutex) for 1.2 s; "
            "worker 2 has waited for 'b' (mutex) for 1.2 s");
}

TEST_F(Told, CyclesOfOrderAreToldOnce) {
  const int a = lock("a"), b = lock("b"), c = lock("c");
  table_.note_order(a, b, 0);
  table_.note_order(b, c, 1);
  EXPECT_THAT(describe_order_cycles(table_), IsEmpty());
  table_.note_order(c, a, 2);
  EXPECT_THAT(describe_order_cycles(table_),
              ElementsAre("'a' before 'b' in worker 0, 'b' before 'c' in worker 1, 'c' before 'a' "
                          "in worker 2: they can deadlock"));
}

// Threads that take locks in one order, enter a room for two and meet at a barrier, while the
// finder looks as often as it can: whatever it catches them at, they are not stuck.
TEST(DeadlockFinder, RaisesNoFalseAlarm) {
  constexpr int kThreads = 3, kRounds = 10'000;
  WaitTable table(kThreads, {});
  const Workload workload;
  const convoy::Setup setup(workload, {}, kThreads);
  const auto gil = make_gil(parse_gil("none"));
  Mutex a({&table, "a"}), b({&table, "b"}), fair({&table, "fair"}, true);
  Semaphore room({&table, "room"}, 2);
  Barrier all({&table, "all"}, kThreads);
  const auto done = [](auto&& wait) {
    CONVOY_CHECK(wait.await_ready(), "a blocking wait suspended");
    return wait.await_resume();
  };
  std::atomic<int> running{kThreads};
  std::vector<std::thread> threads;
  for (int index = 0; index < kThreads; ++index)
    threads.emplace_back([&, index] {
      SeatAccount account;
      Seat seat(account);
      gil->admit(seat);
      Station station(setup, seat, *gil, nullptr);
      station.set_waits(&table);
      Worker worker(station, index);
      for (int round = 0; round < kRounds; ++round) {
        done(a.lock(worker));
        done(b.lock(worker));
        b.unlock(worker);
        a.unlock(worker);
        done(room.acquire(worker));
        done(fair.lock(worker));
        fair.unlock(worker);
        room.release(worker);
        if (round % 16 == 0) done(all.wait(worker));
      }
      --running;
    });
  DeadlockFinder finder(table);
  std::string alarm;
  std::uint64_t looks = 0;
  for (; running > 0; ++looks)
    if (const std::string found = finder.look(); !found.empty()) alarm = found;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(alarm, "") << "in " << looks << " looks";
  EXPECT_GT(looks, 0U);
  EXPECT_THAT(describe_order_cycles(table), IsEmpty());
}

}  // namespace
}  // namespace convoy
