// CPython's lock since 3.2, under every policy that is made of it: asking after an interval, and
// the forced switch.
#include <gtest/gtest.h>

#include <cerrno>

#include "tests/gil/compete.hpp"
#include "tests/gil/passer_by.hpp"

namespace convoy::testing {
namespace {

using namespace std::chrono_literals;

// The parameter is the policy, with what makes all of its seats share one lock.
class CPythonLock : public ::testing::TestWithParam<const char*> {
 protected:
  static std::string lock(const std::string& settings) {
    return std::string(GetParam()) + ":" + settings;
  }
};

TEST_P(CPythonLock, WhoDropsOnRequestIsNeverTheNextHolder) {
  for (const int count : {2, 3, 5}) {
    const GilAccount sum = compete(lock("interval=20us"), count, 40);
    EXPECT_GE(sum.forced_drops, 40);
    EXPECT_EQ(sum.same_worker, 0) << count << " seats";
  }
}

TEST_P(CPythonLock, WithoutForcingTheDropperMayTakeTheLockAgain) {
  // A waiter that has just been signalled takes microseconds to run, the dropper nanoseconds.
  std::int64_t again = 0;
  for (int attempt = 0; attempt < 1000 && again == 0; ++attempt)
    again = pass_by(lock("interval=20us:forced=off"), drop_on_request).same_worker;
  EXPECT_GT(again, 0);
}

TEST_P(CPythonLock, AForcedDropperWaitsForTheSwitchAlsoInFrontOfABlockingCall) {
  Seats seats(lock("interval=100us"), 2);
  seats.acquire(0);
  Waiter waiter(seats, 1);
  while (!seats.asked(0)) ::sched_yield();
  seats.release(0, ReleaseReason::blocking);
  seats.acquire(0);
  EXPECT_EQ(seats[0].gil.switches, 1);
  EXPECT_EQ(seats[0].gil.same_worker, 0);
  seats.release(0, ReleaseReason::exit);
  waiter.join();
}

TEST_P(CPythonLock, WhoLeavesForGoodIsNotForcedToSwitch) {
  Seats seats(lock("interval=100us"), 2);
  seats.acquire(0);
  Waiter waiter(seats, 1);
  while (!seats.asked(0)) ::sched_yield();
  seats.release(0, ReleaseReason::exit);
  EXPECT_EQ(seats[0].gil.wait_ns, 0);
  waiter.join();
}

TEST_P(CPythonLock, NobodyAsksBeforeAnIntervalIsOver) {
  Seats seats(lock("interval=3ms"), 2);
  seats.acquire(0);
  const nanoseconds before = now();
  Waiter waiter(seats, 1);
  while (!seats.asked(0)) ::sched_yield();
  EXPECT_GE(now() - before, 3ms);
  seats.release(0);
  waiter.join();
}

TEST_P(CPythonLock, ASwitchDuringTheWaitBeginsANewInterval) {
  // Seat 1 waits first and is the one signalled; seat 2 merely sees that the lock changed hands.
  // On a busy machine it takes a longer interval for the switch to come within it.
  nanoseconds interval = 20ms;
  int witnessed = 0;
  for (int attempt = 0; attempt < 40 && witnessed < 3; ++attempt) {
    if (attempt % 8 == 7) interval *= 2;
    Seats seats(lock("interval=" + std::to_string(interval / 1ms) + "ms"), 3);
    std::atomic<bool> leave{false};
    seats.acquire(0);
    Waiter first(seats, 1, [&] {
      while (!leave.load()) ::sched_yield();
    });
    first.wait_until_asleep();
    Waiter second(seats, 2);
    second.wait_until_asleep();
    const nanoseconds handover = now() + interval / 2;
    while (now() < handover) ::sched_yield();
    const nanoseconds before_switch = now();
    seats.release(0, ReleaseReason::exit);
    while (!first.acquired() && !second.acquired()) ::sched_yield();
    if (first.acquired() && !second.acquired()) {
      while (!seats.asked(1)) ::sched_yield();
      EXPECT_GE(now() - before_switch, interval);
      ++witnessed;
    }
    leave.store(true);
    first.join();
    second.join();
  }
  EXPECT_EQ(witnessed, 3) << "the second waiter got the lock first nearly every time";
}

TEST_P(CPythonLock, WithoutTimeoutNobodyEverAsks) {
  Seats seats(lock("interval=1us:timeout=off"), 2);
  seats.acquire(0);
  Waiter waiter(seats, 1);
  waiter.wait_until_asleep();
  // A thousand intervals: whoever would ask has asked by then.
  const nanoseconds end = now() + 1ms;
  while (now() < end) {
    EXPECT_FALSE(seats.asked(0));
    seats.checkpoint(0);
  }
  EXPECT_EQ(seats[0].gil.forced_drops, 0);
  EXPECT_FALSE(waiter.acquired());
  seats.release(0, ReleaseReason::exit);
  waiter.join();
}

TEST_P(CPythonLock, KeepsErrno) {
  Seats seats(lock("interval=5ms"), 1);
  errno = ENOTTY;
  seats.acquire(0);
  EXPECT_EQ(errno, ENOTTY);
  seats.release(0, ReleaseReason::exit);
}

INSTANTIATE_TEST_SUITE_P(Policies, CPythonLock,
                         ::testing::Values("cpython32", "cpython313", "cpython_subinterp:groups=1",
                                           "cpython_ft:gil=on", "io_priority"),
                         [](const auto& policy) {
                           const std::string text = policy.param;
                           return text.substr(0, text.find(':'));
                         });

}  // namespace
}  // namespace convoy::testing
