// CPython's lock of 3.2: one request, which all seats share.
#include <gtest/gtest.h>

#include "tests/gil/seats.hpp"

namespace convoy::testing {
namespace {

TEST(CPython32, TheRequestIsClearedByWhoeverTakesTheLock) {
  Seats seats("cpython32:interval=100us", 2);
  seats.acquire(0);
  EXPECT_FALSE(seats.asked(0));
  bool asked_on_taking = true;
  Waiter waiter(seats, 1, [&] { asked_on_taking = seats.asked(1); });
  while (!seats.asked(0)) ::sched_yield();
  seats.release(0, ReleaseReason::exit);
  waiter.join();
  EXPECT_FALSE(asked_on_taking);
  EXPECT_FALSE(seats.asked(0));
}

TEST(CPython32, AllSeatsOfALockShareOneRequest) {
  Seats seats("cpython32", 3);
  EXPECT_EQ(seats[0].breaker, seats[1].breaker);
  EXPECT_EQ(seats[0].breaker, seats[2].breaker);
  Seats others("cpython32", 1);
  EXPECT_NE(seats[0].breaker, others[0].breaker);
}

}  // namespace
}  // namespace convoy::testing
