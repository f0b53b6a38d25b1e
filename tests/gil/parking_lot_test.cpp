// The mutex of free-threaded CPython: free to all, until somebody has waited for too long.
#include <gtest/gtest.h>

#include <cerrno>

#include "tests/gil/passer_by.hpp"

namespace convoy::testing {
namespace {

TEST(ParkingLot, HandsOverToWhoHasWaitedForLong) {
  for (int attempt = 0; attempt < 50; ++attempt) {
    Seats seats("parking_lot:fair=0us", 2);
    seats.acquire(0);
    Waiter waiter(seats, 1);
    waiter.wait_until_asleep();
    seats.release(0);
    seats.acquire(0);
    EXPECT_EQ(seats[0].gil.switches, 1);
    EXPECT_EQ(seats[0].gil.same_worker, 0);
    seats.release(0, ReleaseReason::exit);
    waiter.join();
  }
}

TEST(ParkingLot, UntilThenAPasserByMayTakeIt) {
  // A waiter that has just been woken takes microseconds to run, the passer-by nanoseconds.
  std::int64_t steals = 0;
  for (int attempt = 0; attempt < 1000 && steals == 0; ++attempt) {
    const GilAccount sum = pass_by("parking_lot:fair=3600s", block_for_a_moment);
    steals = sum.steals;
    EXPECT_LE(steals, sum.same_worker);
  }
  EXPECT_GT(steals, 0);
}

TEST(ParkingLot, WakesTheParkedInTheOrderOfArrival) {
  for (int attempt = 0; attempt < 20; ++attempt)
    EXPECT_EQ(order_served("parking_lot:fair=0us", 5), (std::vector<int>{1, 2, 3, 4, 5}));
}

TEST(ParkingLot, NoCheckpointGivesItUp) {
  Seats seats("parking_lot", 2);
  seats.acquire(0);
  Waiter waiter(seats, 1);
  waiter.wait_until_asleep();
  for (int i = 0; i < 1000; ++i) seats.checkpoint(0);
  EXPECT_FALSE(seats.asked(0));
  EXPECT_EQ(seats[0].gil.forced_drops, 0);
  EXPECT_FALSE(waiter.acquired());
  seats.release(0, ReleaseReason::exit);
  waiter.join();
}

// With and without spinning, hand-overs always and never.
class ParkingLotSettings : public ::testing::TestWithParam<const char*> {};

TEST_P(ParkingLotSettings, OneSeatIsInsideAndErrnoIsKept) {
  constexpr int kTurns = 500;
  for (const int count : {2, 5}) {
    Seats seats(GetParam(), count);
    long counter = 0;  // plain: the lock alone protects it
    std::atomic<int> lost{0};
    seats.run([&](int i) {
      for (int turn = 0; turn < kTurns; ++turn) {
        errno = ENOTTY;
        seats.acquire(i);
        lost += errno != ENOTTY;
        ++counter;
        if (turn % 50 == i) ::sched_yield();  // so that others find it taken on one CPU, too
        seats.release(i);
      }
    });
    EXPECT_EQ(counter, static_cast<long>(kTurns) * count);
    EXPECT_EQ(lost, 0);
    const GilAccount sum = seats.sum();
    EXPECT_EQ(sum.switches + sum.same_worker, sum.acquisitions - 1);
    EXPECT_LE(sum.steals, sum.acquisitions - sum.waits);
  }
}

INSTANTIATE_TEST_SUITE_P(Settings, ParkingLotSettings,
                         ::testing::Values("parking_lot", "parking_lot:spins=0:fair=0us",
                                           "parking_lot:spins=0:fair=3600s",
                                           "parking_lot:spins=1000:fair=0us"));

}  // namespace
}  // namespace convoy::testing
