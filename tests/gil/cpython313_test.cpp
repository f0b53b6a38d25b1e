// CPython's lock of 3.13: each seat is asked by a word of its own.
#include <gtest/gtest.h>

#include "tests/gil/seats.hpp"

namespace convoy::testing {
namespace {

TEST(CPython313, OnlyTheHolderIsAsked) {
  Seats seats("cpython313:interval=100us", 3);
  seats.acquire(0);
  Waiter waiter(seats, 1);
  while (!seats.asked(0)) ::sched_yield();
  EXPECT_FALSE(seats.asked(1));
  EXPECT_FALSE(seats.asked(2));
  seats.release(0, ReleaseReason::exit);
  waiter.join();
}

TEST(CPython313, AnUnansweredRequestStaysUntilThatSeatTakesTheLockAgain) {
  Seats seats("cpython313:interval=100us", 2);
  seats.acquire(0);
  bool taker_asked = true;
  Waiter waiter(seats, 1, [&] { taker_asked = seats.asked(1); });
  while (!seats.asked(0)) ::sched_yield();
  seats.release(0, ReleaseReason::exit);
  waiter.join();
  EXPECT_FALSE(taker_asked);
  EXPECT_TRUE(seats.asked(0));
  seats.acquire(0);
  EXPECT_FALSE(seats.asked(0));
  seats.release(0, ReleaseReason::exit);
}

TEST(CPython313, LeavesTheOtherBitsOfTheWordAlone) {
  constexpr std::uint32_t other = 1U << 8;
  Seats seats("cpython313:interval=100us", 2);
  seats[0].own_breaker.store(other);
  seats.acquire(0);
  seats.checkpoint(0);
  EXPECT_EQ(seats[0].gil.forced_drops, 0);
  // Cleared by the forced switch, and by taking the lock with a request left over.
  for (const ReleaseReason why : {ReleaseReason::blocking, ReleaseReason::exit}) {
    Waiter waiter(seats, 1);
    while (seats[0].own_breaker.load() == other) ::sched_yield();
    seats.release(0, why);
    waiter.join();
    seats.acquire(0);
    EXPECT_EQ(seats[0].own_breaker.load(), other);
  }
  seats.release(0, ReleaseReason::exit);
}

}  // namespace
}  // namespace convoy::testing
