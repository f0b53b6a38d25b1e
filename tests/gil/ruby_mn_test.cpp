// Ruby's lock of 3.3 and later: handed over in a queue, in slices that are counted in ticks. What
// the proposal made of it does not change is tested under both.
#include <gtest/gtest.h>

#include <numeric>

#include "tests/gil/seats.hpp"

namespace convoy::testing {
namespace {

using namespace std::chrono_literals;

class RubyReadyQueue : public ::testing::TestWithParam<const char*> {
 protected:
  static std::string lock(const std::string& settings) {
    return std::string(GetParam()) + ":" + settings;
  }
};

TEST_P(RubyReadyQueue, ServesInTheOrderOfArrival) {
  std::vector<int> arrival(5);
  std::iota(arrival.begin(), arrival.end(), 1);
  for (int attempt = 0; attempt < 20; ++attempt) EXPECT_EQ(order_served(GetParam(), 5), arrival);
}

TEST_P(RubyReadyQueue, WhoYieldsDoesNotPassTheQueue) {
  Seats seats(GetParam(), 2);
  seats.acquire(0);
  Waiter waiter(seats, 1);
  waiter.wait_until_asleep();
  seats.release(0, ReleaseReason::yield);
  seats.acquire(0);
  EXPECT_EQ(seats[0].gil.switches, 1);
  EXPECT_EQ(seats[0].gil.same_worker, 0);
  seats.release(0, ReleaseReason::exit);
}

TEST_P(RubyReadyQueue, ASliceIsOverWhenItsTicksAddUp) {
  Seats seats(lock("interval=300us:tick=100us"), 2);
  seats.acquire(0);
  Waiter waiter(seats, 1);
  for (int tick = 1; tick <= 3; ++tick) {
    EXPECT_EQ(seats[0].gil.forced_drops, 0);
    while (!seats.asked(0)) ::sched_yield();
    seats.checkpoint(0);
  }
  EXPECT_EQ(seats[0].gil.forced_drops, 1);
  seats.release(0, ReleaseReason::exit);
}

TEST_P(RubyReadyQueue, ASwitchBeginsANewSlice) {
  Seats seats(lock("interval=300us:tick=100us"), 2);
  seats.acquire(0);
  for (int round = 0; round < 2; ++round) {
    Waiter waiter(seats, 1);
    for (int tick = 1; tick <= 2; ++tick) {
      while (!seats.asked(0)) ::sched_yield();
      seats.checkpoint(0);
    }
    EXPECT_EQ(seats[0].gil.forced_drops, 0);
    seats.release(0, ReleaseReason::exit);
    waiter.join();
    seats.acquire(0);
    seats[0].own_breaker.store(0);  // of a third tick
  }
  seats.release(0, ReleaseReason::exit);
}

TEST_P(RubyReadyQueue, ATickIsNeverLongerThanTheInterval) {
  Seats seats(lock("interval=100us:tick=3600s"), 2);
  seats.acquire(0);
  Waiter waiter(seats, 1);
  while (!seats.asked(0)) ::sched_yield();
  seats.checkpoint(0);
  EXPECT_EQ(seats[0].gil.forced_drops, 1);
  seats.release(0, ReleaseReason::exit);
}

TEST_P(RubyReadyQueue, TheFirstTickIsAPeriodAfterTheFirstWait) {
  Seats seats(lock("tick=3ms"), 2);
  seats.acquire(0);
  const nanoseconds before = now();
  Waiter waiter(seats, 1);
  while (!seats.asked(0)) ::sched_yield();
  EXPECT_GE(now() - before, 3ms);
  seats.release(0, ReleaseReason::exit);
}

TEST_P(RubyReadyQueue, WhoComputesAloneIsNotInterrupted) {
  Seats seats(lock("interval=20us"), 2);
  seats.acquire(0);
  Waiter waiter(seats, 1);
  while (!waiter.acquired()) seats.checkpoint(0);
  waiter.join();
  seats[0].own_breaker.store(0);
  const nanoseconds end = now() + 1ms;
  while (now() < end) EXPECT_FALSE(seats.asked(0));
  seats.release(0, ReleaseReason::exit);
}

TEST_P(RubyReadyQueue, NobodySteals) {
  Seats seats(lock("interval=20us"), 4);
  seats.run([&](int i) {
    for (int turn = 0; turn < 200; ++turn) {
      seats.acquire(i);
      seats.checkpoint(i);
      seats.release(i, turn % 2 == 0 ? ReleaseReason::blocking : ReleaseReason::exit);
    }
  });
  EXPECT_EQ(seats.sum().steals, 0);
}

INSTANTIATE_TEST_SUITE_P(Policies, RubyReadyQueue, ::testing::Values("ruby_mn", "ruby_delayed"),
                         [](const auto& policy) { return std::string(policy.param); });

TEST(RubyMn, WhoBlocksDoesNotPassTheQueue) {
  Seats seats("ruby_mn:interval=3600s:tick=3600s", 2);
  seats.acquire(0);
  Waiter waiter(seats, 1);
  waiter.wait_until_asleep();
  seats.release(0, ReleaseReason::blocking);
  seats.acquire(0);
  EXPECT_EQ(seats[0].gil.switches, 1);
  EXPECT_EQ(seats[0].gil.same_worker, 0);
  seats.release(0, ReleaseReason::exit);
}

}  // namespace
}  // namespace convoy::testing
