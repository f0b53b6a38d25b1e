// Ruby's lock of 2.6 to 3.2: a waiter that is the timer, and the switch that is waited for.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/gil/compete.hpp"
#include "tests/gil/passer_by.hpp"

namespace convoy::testing {
namespace {

using namespace std::chrono_literals;

void pass_time(nanoseconds time) {
  const nanoseconds end = now() + time;
  while (now() < end) ::sched_yield();
}

// Seat 0 is asked by one of so many waiters and lets go once, which is a switch.
void drop_once_beside(int waiters) {
  Seats seats("ruby_legacy:interval=20us", waiters + 1);
  seats.acquire(0);
  std::vector<std::unique_ptr<Waiter>> all;
  for (int i = 1; i <= waiters; ++i) all.push_back(std::make_unique<Waiter>(seats, i));
  drop_on_request(seats);
  EXPECT_TRUE(std::any_of(all.begin(), all.end(), [](const auto& one) { return one->acquired(); }));
  EXPECT_EQ(seats[0].gil.forced_drops, 1);
  EXPECT_EQ(seats[0].gil.switches, 1);
  EXPECT_EQ(seats[0].gil.same_worker, 0);
  seats.release(0, ReleaseReason::exit);
}

TEST(RubyLegacy, NobodyIsInterruptedBeforeAnIntervalIsOver) {
  Seats seats("ruby_legacy:interval=3ms", 2);
  seats.acquire(0);
  const nanoseconds before = now();
  Waiter waiter(seats, 1);
  while (!seats.asked(0)) ::sched_yield();
  EXPECT_GE(now() - before, 3ms);
  seats.release(0);
  waiter.join();
}

TEST(RubyLegacy, WhoLetsGoAtACheckpointIsNotTheNextHolder) {
  for (int attempt = 0; attempt < 40; ++attempt) drop_once_beside(1);
  const GilAccount sum = compete("ruby_legacy:interval=20us", 2, 40);
  EXPECT_GE(sum.forced_drops, 40);
  EXPECT_EQ(sum.switches + sum.same_worker, sum.acquisitions - 1);
}

TEST(RubyLegacy, WhoLetsGoDuringAnothersSwitchWaitsForItsEndOnly) {
  // The next holder may then be anybody, but all get their turns.
  for (const int count : {3, 5}) {
    const GilAccount sum = compete("ruby_legacy:interval=20us", count, 15);
    EXPECT_GE(sum.forced_drops, 15);
    EXPECT_GT(sum.switches, 0);
    EXPECT_EQ(sum.switches + sum.same_worker, sum.acquisitions - 1);
    for (int attempt = 0; attempt < 40; ++attempt) drop_once_beside(count - 1);
  }
}

TEST(RubyLegacy, WhoBlocksDoesNotWaitForTheSwitch) {
  Seats seats("ruby_legacy:interval=100us", 2);
  seats.acquire(0);
  Waiter waiter(seats, 1);
  while (!seats.asked(0)) ::sched_yield();
  seats.release(0, ReleaseReason::blocking);
  EXPECT_EQ(seats[0].gil.wait_ns, 0);
  waiter.join();
}

TEST(RubyLegacy, PassersByStealFromTheWaiterThatWasWoken) {
  // A waiter that has just been signalled takes microseconds to run, who passes by nanoseconds.
  std::int64_t steals = 0;
  for (int attempt = 0; attempt < 1000 && steals == 0; ++attempt) {
    const GilAccount sum = pass_by("ruby_legacy", block_for_a_moment);
    steals = sum.steals;
    EXPECT_EQ(steals, sum.same_worker);
  }
  EXPECT_GT(steals, 0);
}

TEST(RubyLegacy, AnInterruptThatComesTooLateIsObeyedWhenTheSeatIsBack) {
  Seats seats("ruby_legacy:interval=100us", 2);
  seats.acquire(0);
  Waiter waiter(seats, 1);
  while (!seats.asked(0)) ::sched_yield();
  seats.release(0, ReleaseReason::blocking);
  waiter.join();
  seats.acquire(0);
  EXPECT_TRUE(seats.asked(0));
  seats.checkpoint(0);
  EXPECT_FALSE(seats.asked(0));
  EXPECT_EQ(seats[0].gil.forced_drops, 1);
  seats.release(0, ReleaseReason::exit);
}

TEST(RubyLegacy, EachStepOfPriorityDoublesTheSlice) {
  Seats seats("ruby_legacy:interval=100us:priority=2", 2);
  seats.acquire(0);
  Waiter waiter(seats, 1);
  for (int interrupt = 1; interrupt <= 4; ++interrupt) {
    EXPECT_EQ(seats[0].gil.forced_drops, 0);
    while (!seats.asked(0)) ::sched_yield();
    seats.checkpoint(0);
  }
  EXPECT_EQ(seats[0].gil.forced_drops, 1);
  seats.release(0, ReleaseReason::exit);
}

TEST(RubyLegacy, TakingAFreeLockGivesTheNextTimerAWholeInterval) {
  constexpr nanoseconds interval = 20ms;
  Seats seats("ruby_legacy:interval=20ms", 3);
  seats.acquire(0);
  Waiter first(seats, 1);
  first.wait_until_asleep();
  pass_time(interval / 2);
  seats.release(0);
  first.join();
  seats[0].own_breaker.store(0);
  seats.acquire(0);
  const nanoseconds before = now();
  Waiter second(seats, 2);
  while (!seats.asked(0)) ::sched_yield();
  EXPECT_GE(now() - before, interval);
  seats.release(0, ReleaseReason::exit);
}

TEST(RubyLegacy, ADeadlineThatHasNotPassedHoldsForTheNextTimer) {
  // Seat 1 is woken within its interval; seat 2, the next timer, has only the rest of it.
  // On a busy machine it takes a longer one for that.
  nanoseconds interval = 20ms;
  bool witnessed = false;
  for (int attempt = 0; attempt < 40 && !witnessed; ++attempt) {
    if (attempt % 8 == 7) interval *= 2;
    Seats seats("ruby_legacy:interval=" + std::to_string(interval / 1ms) + "ms", 3);
    std::atomic<bool> leave{false};
    seats.acquire(0);
    Waiter first(seats, 1, [&] {
      while (!leave.load()) ::sched_yield();
    });
    first.wait_until_asleep();
    pass_time(interval / 2);
    seats.release(0, ReleaseReason::exit);
    while (!first.acquired()) ::sched_yield();
    const nanoseconds before = now();
    Waiter second(seats, 2);
    while (!seats.asked(1)) ::sched_yield();
    witnessed = now() - before < interval;
    leave.store(true);
  }
  EXPECT_TRUE(witnessed);
}

}  // namespace
}  // namespace convoy::testing
