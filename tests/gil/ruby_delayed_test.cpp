// A proposal for Ruby: blocking calls keep the lock until a tick finds them still under way.
#include <gtest/gtest.h>

#include "tests/gil/seats.hpp"

namespace convoy::testing {
namespace {

using namespace std::chrono_literals;

TEST(RubyDelayed, ACallThatEndsBeforeATickSwitchesNothing) {
  Seats seats("ruby_delayed:interval=3600s:tick=3600s", 2);
  seats.acquire(0);
  Waiter waiter(seats, 1);
  waiter.wait_until_asleep();
  for (int call = 0; call < 100; ++call) {
    seats.release(0, ReleaseReason::blocking);
    seats.acquire(0);
  }
  EXPECT_FALSE(waiter.acquired());
  EXPECT_EQ(seats[0].gil.waits, 0);
  EXPECT_EQ(seats[0].gil.same_worker, 100);
  EXPECT_EQ(seats[0].gil.voluntary_releases, 100);
  seats.release(0, ReleaseReason::exit);
}

TEST(RubyDelayed, ATickHandsOverTheLockOfALongCall) {
  Seats seats("ruby_delayed:tick=100us", 2);
  seats.acquire(0);
  Waiter waiter(seats, 1);
  waiter.wait_until_asleep();
  seats.release(0, ReleaseReason::blocking);
  waiter.join();
  seats.acquire(0);
  EXPECT_EQ(seats[0].gil.switches, 1);
  seats.release(0, ReleaseReason::exit);
}

TEST(RubyDelayed, OnlyBlockingCallsKeepTheLock) {
  for (const ReleaseReason why : {ReleaseReason::yield, ReleaseReason::exit}) {
    Seats seats("ruby_delayed:interval=3600s:tick=3600s", 2);
    seats.acquire(0);
    Waiter waiter(seats, 1);
    waiter.wait_until_asleep();
    seats.release(0, why);
    waiter.join();
  }
}

TEST(RubyDelayed, AfterATickTheLockOfALongCallIsFree) {
  bool witnessed = false;
  // The ticker may have to wait for a CPU itself.
  for (nanoseconds wait = 1ms; wait <= 4096ms && !witnessed; wait *= 2) {
    Seats seats("ruby_delayed:tick=100us", 2);
    seats.acquire(0);
    seats.release(0, ReleaseReason::blocking);
    const nanoseconds end = now() + wait;
    while (now() < end) ::sched_yield();
    seats.acquire(1);
    witnessed = seats[1].gil.waits == 0;
    seats.release(1, ReleaseReason::exit);
  }
  EXPECT_TRUE(witnessed);
}

}  // namespace
}  // namespace convoy::testing
