// Sub-interpreters: groups of seats that know nothing of each other's locks.
#include <gtest/gtest.h>

#include "tests/gil/seats.hpp"

namespace convoy::testing {
namespace {

TEST(CPythonSubinterp, SeatsOfDifferentGroupsHoldTheirLocksAtOnce) {
  Seats seats("cpython_subinterp", 2);
  seats.acquire(0);
  seats.acquire(1);
  EXPECT_EQ(seats.sum().waits, 0);
  seats.release(0, ReleaseReason::exit);
  seats.release(1, ReleaseReason::exit);
}

TEST(CPythonSubinterp, SeatsOfOneGroupWaitForEachOther) {
  Seats seats("cpython_subinterp:groups=3", 4);
  seats.acquire(0);
  Waiter waiter(seats, 3);
  waiter.wait_until_asleep();
  EXPECT_FALSE(waiter.acquired());
  seats.release(0, ReleaseReason::exit);
  waiter.join();
  EXPECT_EQ(seats[3].gil.switches, 1);
}

TEST(CPythonSubinterp, AWaiterAsksNobodyOfAnotherGroup) {
  Seats seats("cpython_subinterp:interval=100us", 3);
  seats.acquire(0);
  seats.acquire(1);
  Waiter waiter(seats, 2);
  while (!seats.asked(0)) ::sched_yield();
  EXPECT_FALSE(seats.asked(1));
  seats.release(0, ReleaseReason::exit);
  waiter.join();
  seats.release(1, ReleaseReason::exit);
}

TEST(CPythonSubinterp, EachGroupHasAnAccountOfSwitchesOfItsOwn) {
  constexpr int kGroups = 2;
  Seats seats("cpython_subinterp:interval=50us:groups=2", 6);
  seats.run([&](int i) {
    for (int turn = 0; turn < 200; ++turn) {
      seats.acquire(i);
      seats.checkpoint(i);
      seats.release(i);
    }
  });
  const GilAccount sum = seats.sum();
  // The first acquisition of a lock is neither.
  EXPECT_EQ(sum.switches + sum.same_worker, sum.acquisitions - kGroups);
}

TEST(CPythonSubinterp, OneSeatOfEachGroupIsInside) {
  constexpr int kGroups = 2, kTurns = 300;
  Seats seats("cpython_subinterp:interval=50us", 5);
  long counters[kGroups] = {};  // plain: the locks alone protect them
  seats.run([&](int i) {
    for (int turn = 0; turn < kTurns; ++turn) {
      seats.acquire(i);
      ++counters[i % kGroups];
      seats.checkpoint(i);
      ++counters[i % kGroups];
      seats.release(i);
    }
  });
  EXPECT_EQ(counters[0], 3 * 2 * kTurns);
  EXPECT_EQ(counters[1], 2 * 2 * kTurns);
}

}  // namespace
}  // namespace convoy::testing
