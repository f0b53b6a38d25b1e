// What becomes of the other threads when the interpreter ends.
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/gil/seats.hpp"

namespace convoy::testing {
namespace {

// Whether a thread that acquires the lock for the seat has to exit; returns when it knows.
bool must_exit(Seats& seats, int seat) {
  try {
    seats.acquire(seat);
  } catch (const SeatMustExit&) {
    return true;
  }
  seats.release(seat, ReleaseReason::exit);
  return false;
}

TEST(Finalise, IsNothingToPoliciesThatKnowOfNoEnd) {
  Seats seats("mutex", 2);
  seats.acquire(0);
  seats.gil().finalise(seats[0]);
  seats.release(0);
  EXPECT_FALSE(must_exit(seats, 1));
}

TEST(Finalise, AWaiterExitsAndWithdrawsItsRequest) {
  Seats seats("cpython32:interval=100us", 2);
  seats.acquire(0);
  std::atomic<bool> exited{false};
  {
    const std::jthread waiter([&] { exited.store(must_exit(seats, 1)); });
    while (!seats.asked(0)) ::sched_yield();
    seats.gil().finalise(seats[0]);
  }
  EXPECT_TRUE(exited.load());
  EXPECT_FALSE(seats.asked(0));
  // With the request still set this would wait for ever for somebody to take the lock.
  seats.release(0);
  seats.acquire(0);
  seats.release(0, ReleaseReason::exit);
  EXPECT_EQ(seats[1].gil.acquisitions, 0);
}

TEST(Finalise, WhoComesLaterExitsAtOnceAndTheFinaliserGoesOn) {
  Seats seats("cpython32", 2);
  seats.acquire(0);
  seats.gil().finalise(seats[0]);
  EXPECT_TRUE(must_exit(seats, 1)) << "while it is held";
  seats.release(0);
  EXPECT_TRUE(must_exit(seats, 1)) << "while it is free";
  seats.acquire(0);
  seats.release(0, ReleaseReason::exit);
  EXPECT_EQ(seats[0].gil.acquisitions, 2);
}

TEST(Finalise, AWaiterThatNeverAsksExitsWhenTheLockIsFree) {
  Seats seats("cpython32:timeout=off", 2);
  seats.acquire(0);
  std::atomic<bool> exited{false};
  std::atomic<pid_t> tid{0};
  WaitRecorder recorder;
  seats[1].recorder = &recorder;
  {
    const std::jthread waiter([&] {
      tid.store(::gettid());
      exited.store(must_exit(seats, 1));
    });
    wait_until_asleep(tid, recorder);
    seats.gil().finalise(seats[0]);
    EXPECT_FALSE(exited.load());
    seats.release(0);
  }
  EXPECT_TRUE(exited.load());
  seats.acquire(0);
  seats.release(0, ReleaseReason::exit);
}

TEST(Finalise, AForcedSwitchToAWaiterThatExitsEnds) {
  Seats seats("cpython32:interval=100us", 2);
  seats.acquire(0);
  const std::jthread waiter([&] { EXPECT_TRUE(must_exit(seats, 1)); });
  while (!seats.asked(0)) ::sched_yield();
  seats.gil().finalise(seats[0]);
  seats.release(0);
  seats.acquire(0);
  seats.release(0, ReleaseReason::exit);
}

TEST(Finalise, WhoIsTurnedAwayAtACheckpointHasCountedWhatItHeld) {
  Seats seats("cpython32:interval=100us", 2);
  seats.acquire(0);
  std::atomic<bool> exited{false};
  const std::jthread finaliser([&] {
    seats.acquire(1);
    seats.gil().finalise(seats[1]);
    while (!exited.load()) ::sched_yield();
    seats.release(1, ReleaseReason::exit);
  });
  while (!seats.asked(0)) ::sched_yield();
  EXPECT_THROW(seats.checkpoint(0), SeatMustExit);
  exited.store(true);
  EXPECT_EQ(seats[0].gil.forced_drops, 1);
  EXPECT_GT(seats[0].gil.hold_ns, 0);
}

// In a process of its own, whose end is the only one for the thread.
TEST(Finalise, From314OnAWaiterHangsForEver) {
  EXPECT_EXIT(
      {
        ::alarm(60);
        Seats seats("cpython313:interval=100us", 2);
        seats.acquire(0);
        std::atomic<pid_t> tid{0};
        std::thread([&] {
          tid.store(::gettid());
          must_exit(seats, 1);
          std::_Exit(1);
        }).detach();
        while (!seats.asked(0)) ::sched_yield();
        seats.gil().finalise(seats[0]);
        for (int turn = 0; turn < 100; ++turn) {
          seats.release(0);
          wait_until_asleep(tid);
          seats.acquire(0);
        }
        std::_Exit(0);
      },
      ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace convoy::testing
