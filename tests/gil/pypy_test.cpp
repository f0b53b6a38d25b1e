// PyPy's lock: counting bytecodes, handing over when the count runs out, and polling otherwise.
#include <gtest/gtest.h>

#include <cerrno>

#include "tests/gil/seats.hpp"

namespace convoy::testing {
namespace {

using namespace std::chrono_literals;

TEST(PyPy, HandsTheLockOverWhenTheCountFallsBelowZero) {
  Seats seats("pypy", 2);
  seats.acquire(0);
  Waiter waiter(seats, 1);
  waiter.wait_until_asleep();
  seats.checkpoint(0, 6000);
  seats.checkpoint(0, 4000);
  EXPECT_EQ(seats[0].gil.forced_drops, 0);
  EXPECT_FALSE(waiter.acquired());
  seats.checkpoint(0, 1);
  EXPECT_TRUE(waiter.acquired());
  EXPECT_EQ(seats[0].gil.forced_drops, 1);
  EXPECT_EQ(seats[0].gil.switches, 1);
  seats.release(0, ReleaseReason::exit);
}

TEST(PyPy, WithoutWaitersACountThatRunsOutChangesNothing) {
  Seats seats("pypy", 1);
  seats.acquire(0);
  for (int i = 0; i < 10; ++i) seats.checkpoint(0, 4'000'000'000U);
  EXPECT_EQ(seats[0].gil.forced_drops, 0);
  EXPECT_EQ(seats[0].gil.acquisitions, 1);
  seats.release(0, ReleaseReason::exit);
}

TEST(PyPy, WhatIsLeftOfTheTimeAfterWholeBytecodesCountsNextTime) {
  Seats seats("pypy:bytecode=7ns", 1, false);
  seats.acquire(0);
  const nanoseconds began = now();
  seats[0].last_checkpoint = began;
  for (int i = 0; i < 1000; ++i) {
    const nanoseconds before = now() - began;
    seats.checkpoint(0, 0);
    const nanoseconds counted = seats[0].last_checkpoint - began;
    ASSERT_EQ(counted % 7ns, 0ns);
    ASSERT_GT(counted, before - 7ns);
    ASSERT_LE(counted, now() - began);
  }
  seats.release(0, ReleaseReason::exit);
}

TEST(PyPy, AMomentCountsAsNoBytecodeThatTakesLonger) {
  Seats seats("pypy:interval=1:bytecode=1s", 2);
  seats.acquire(0);
  Waiter waiter(seats, 1);
  waiter.wait_until_asleep();
  const nanoseconds began = now();
  seats[0].last_checkpoint = began;
  for (int i = 0; i < 1000; ++i) seats.checkpoint(0, 0);
  // Unless the machine stood still for two seconds meanwhile.
  if (now() - began < 2s) {
    EXPECT_EQ(seats[0].gil.forced_drops, 0);
  }
  seats[0].last_checkpoint = began - 2s;
  seats.checkpoint(0, 0);
  EXPECT_EQ(seats[0].gil.forced_drops, 1);
  EXPECT_TRUE(waiter.acquired());
  seats.release(0, ReleaseReason::exit);
}

TEST(PyPy, AllSeatsShareOneCount) {
  Seats seats("pypy:interval=100", 3);
  seats.acquire(0);
  seats.checkpoint(0, 60);
  seats.release(0);
  seats.acquire(1);
  Waiter waiter(seats, 2);
  waiter.wait_until_asleep();
  seats.checkpoint(1, 60);
  EXPECT_EQ(seats[1].gil.forced_drops, 1);
  seats.release(1, ReleaseReason::exit);
}

TEST(PyPy, WhoHandsOverIsNotTheNextHolderWhileSomebodyLooks) {
  for (int attempt = 0; attempt < 20; ++attempt) {
    Seats seats("pypy:interval=1", 3);
    seats.acquire(0);
    Waiter looks(seats, 1);
    looks.wait_until_asleep();
    Waiter queues(seats, 2);
    queues.wait_until_asleep();
    seats.checkpoint(0, 2);
    EXPECT_EQ(seats[0].gil.switches, 1);
    EXPECT_EQ(seats[0].gil.same_worker, 0);
    EXPECT_TRUE(looks.acquired());
    seats.release(0, ReleaseReason::exit);
  }
}

TEST(PyPy, NobodyIsSignalledInFrontOfABlockingCallSoNobodySteals) {
  Seats seats("pypy", 2);
  seats.acquire(0);
  Waiter waiter(seats, 1);
  waiter.wait_until_asleep();
  while (!waiter.acquired()) {
    seats.release(0);
    seats.acquire(0);
  }
  EXPECT_GT(seats[0].gil.voluntary_releases, 0);
  EXPECT_EQ(seats[0].gil.steals, 0);
  seats.release(0, ReleaseReason::exit);
}

TEST(PyPy, TimeSpentWaitingForTheLockIsNoBytecode) {
  Seats seats("pypy", 2);
  seats.acquire(0);
  nanoseconds counted_from{0};
  Waiter waiter(seats, 1, [&] {
    seats.checkpoint(1, 1);
    counted_from = seats[1].last_checkpoint;
  });
  waiter.wait_until_asleep();
  const nanoseconds before = now();
  seats.release(0, ReleaseReason::exit);
  waiter.join();
  EXPECT_GE(counted_from, before);
}

TEST(PyPy, TimeSpentInABlockingCallIsNoBytecode) {
  for (const bool accounting : {true, false}) {
    Seats seats("pypy", 1, accounting);
    seats.acquire(0);
    seats.release(0, ReleaseReason::blocking);
    const nanoseconds before = now();
    seats.acquire(0);
    seats.checkpoint(0, 1);
    EXPECT_GE(seats[0].last_checkpoint, before);
    seats.release(0, ReleaseReason::exit);
  }
}

TEST(PyPy, KeepsErrno) {
  Seats seats("pypy", 2);
  seats.acquire(0);
  int kept = 0;
  std::jthread other([&] {
    errno = ENOTTY;
    seats.acquire(1);
    kept = errno;
    seats.release(1, ReleaseReason::exit);
  });
  seats.release(0, ReleaseReason::exit);
  other.join();
  EXPECT_EQ(kept, ENOTTY);
}

}  // namespace
}  // namespace convoy::testing
