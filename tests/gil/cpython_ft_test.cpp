// Free-threaded CPython: a lock that is off unless one asks for it.
#include <gtest/gtest.h>

#include "tests/gil/seats.hpp"

namespace convoy::testing {
namespace {

TEST(CPythonFt, WithoutTheLockAllSeatsAreInside) {
  Seats seats("cpython_ft", 2);
  for (const int seat : {0, 1, 0, 1}) seats.acquire(seat);
  for (const int seat : {1, 0, 1, 0}) seats.release(seat);
  const GilAccount sum = seats.sum();
  EXPECT_EQ(sum.acquisitions, 4);
  EXPECT_EQ(sum.waits, 0);
  EXPECT_EQ(sum.switches + sum.same_worker, 0);
}

TEST(CPythonFt, WithoutTheLockNobodyIsAsked) {
  Seats seats("cpython_ft:interval=1us", 2);
  seats.acquire(0);
  Waiter other(seats, 1);
  other.join();
  EXPECT_FALSE(seats.asked(0));
  seats.checkpoint(0);
  EXPECT_EQ(seats[0].gil.forced_drops, 0);
  seats.release(0, ReleaseReason::exit);
}

TEST(CPythonFt, WithTheLockItIsThatOfCPython313) {
  Seats seats("cpython_ft:gil=on:interval=100us", 2);
  seats.acquire(0);
  Waiter waiter(seats, 1);
  while (!seats.asked(0)) ::sched_yield();
  EXPECT_FALSE(seats.asked(1));
  seats.checkpoint(0);
  waiter.join();
  EXPECT_EQ(seats[0].gil.forced_drops, 1);
  EXPECT_EQ(seats[0].gil.switches, 1);
  seats.release(0, ReleaseReason::exit);
}

TEST(CPythonFt, WithTheLockOneSeatIsInside) {
  constexpr int kTurns = 300;
  Seats seats("cpython_ft:gil=on:interval=50us", 4);
  long counter = 0;  // plain: the lock alone protects it
  seats.run([&](int i) {
    for (int turn = 0; turn < kTurns; ++turn) {
      seats.acquire(i);
      ++counter;
      seats.checkpoint(i);
      ++counter;
      seats.release(i);
    }
  });
  EXPECT_EQ(counter, 2L * kTurns * seats.count());
}

}  // namespace
}  // namespace convoy::testing
