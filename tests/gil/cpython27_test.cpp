// CPython's lock of 2.x: counting bytecodes, and posting the semaphore when the count runs out.
#include <gtest/gtest.h>

#include "tests/gil/seats.hpp"

namespace convoy::testing {
namespace {

using namespace std::chrono_literals;

TEST(CPython27, OffersTheLockWhenTheCountFallsBelowZero) {
  Seats seats("cpython27", 2);
  seats.acquire(0);
  for (int i = 0; i < 100; ++i) seats.checkpoint(0, 1);
  EXPECT_EQ(seats[0].gil.forced_drops, 0);
  seats.checkpoint(0, 1);
  EXPECT_EQ(seats[0].gil.forced_drops, 1);
  for (int i = 0; i < 101; ++i) seats.checkpoint(0, 1);
  EXPECT_EQ(seats[0].gil.forced_drops, 2);
  seats.release(0, ReleaseReason::exit);
}

TEST(CPython27, ACheckpointStandsForAsManyTicksAsItSays) {
  Seats seats("cpython27:interval=1000", 2);
  seats.acquire(0);
  seats.checkpoint(0, 600);
  EXPECT_EQ(seats[0].gil.forced_drops, 0);
  seats.checkpoint(0, 600);
  EXPECT_EQ(seats[0].gil.forced_drops, 1);
  seats.checkpoint(0, 4'000'000'000U);
  EXPECT_EQ(seats[0].gil.forced_drops, 2);
  seats.release(0, ReleaseReason::exit);
}

// How often one who holds the lock drops it within 1000 checkpoints, each after so many bytecodes.
std::int64_t drops_within_1000(const char* policy, int threads, std::uint32_t bytecodes) {
  Seats seats(policy, threads);
  seats.acquire(0);
  for (int i = 0; i < 1000; ++i) seats.checkpoint(0, bytecodes);
  const std::int64_t drops = seats[0].gil.forced_drops;
  seats.release(0, ReleaseReason::exit);
  return drops;
}

TEST(CPython27, TicksThatNobodyCountsAreToldByTime) {
  EXPECT_EQ(drops_within_1000("cpython27:tick=1s", 2, 0), 0);
}

TEST(CPython27, OneThreadAloneHasNoLockToOffer) {
  EXPECT_EQ(drops_within_1000("cpython27", 1, 10), 0);
}

TEST(CPython27, AllSeatsShareOneCount) {
  Seats seats("cpython27", 2);
  seats.acquire(0);
  seats.checkpoint(0, 60);
  seats.release(0);
  seats.acquire(1);
  seats.checkpoint(1, 60);
  EXPECT_EQ(seats[1].gil.forced_drops, 1);
  seats.release(1, ReleaseReason::exit);
}

TEST(CPython27, ReTakingTheLockAfterWakingAWaiterIsASteal) {
  Seats seats("cpython27:interval=1", 2);
  seats.acquire(0);
  Waiter waiter(seats, 1);
  waiter.wait_until_asleep();
  while (!waiter.acquired()) seats.checkpoint(0, 2);
  waiter.join();
  EXPECT_LE(seats[0].gil.steals, seats[0].gil.forced_drops);
  EXPECT_EQ(seats[0].gil.steals, seats[0].gil.same_worker);
  EXPECT_EQ(seats[1].gil.waits, 1);
  seats.release(0, ReleaseReason::exit);
}

TEST(CPython27, TimeSpentWaitingForTheLockIsNoBytecode) {
  Seats seats("cpython27", 2);
  seats.acquire(0);
  nanoseconds counted_from{0};
  Waiter waiter(seats, 1, [&] { counted_from = seats[1].last_checkpoint; });
  waiter.wait_until_asleep();
  const nanoseconds before = now();
  seats.release(0, ReleaseReason::exit);
  waiter.join();
  EXPECT_GE(counted_from, before);
}

TEST(CPython27, TimeSpentInABlockingCallIsNoBytecode) {
  Seats seats("cpython27", 1);
  seats.acquire(0);
  seats.release(0, ReleaseReason::blocking);
  const nanoseconds before = now();
  seats.acquire(0);
  EXPECT_GE(seats[0].last_checkpoint, before);
  seats.release(0, ReleaseReason::exit);
}

}  // namespace
}  // namespace convoy::testing
