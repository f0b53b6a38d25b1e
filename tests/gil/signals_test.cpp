// Signals: the main seat handles them, and what the others pay until it does.
#include <gtest/gtest.h>

#include "tests/gil/seats.hpp"

namespace convoy {

// GoogleTest looks for it beside the type.
static void PrintTo(const GilPolicy& policy, std::ostream* stream) { *stream << policy.name; }

namespace testing {
namespace {

class Signals : public ::testing::TestWithParam<GilPolicy> {
 protected:
  Seats seats_{GetParam().name, 3};
};

TEST_P(Signals, AreHandledOnceByTheMainSeatAtItsNextCheckpoint) {
  const bool asked_before = seats_.asked(0);
  seats_.acquire(1);
  seats_.gil().signal();
  seats_.gil().signal();
  for (int i = 0; i < 3; ++i) seats_.checkpoint(1);
  seats_.release(1);
  EXPECT_EQ(seats_[1].gil.signals_handled, 0);
  seats_.acquire(0);
  EXPECT_TRUE(seats_.asked(0));
  EXPECT_EQ(seats_[0].gil.signals_handled, 0);
  for (int i = 0; i < 3; ++i) seats_.checkpoint(0);
  EXPECT_EQ(seats_[0].gil.signals_handled, 1);
  EXPECT_EQ(seats_[0].gil.storm_checkpoints, 1);
  EXPECT_EQ(seats_.asked(0), asked_before);
  seats_.gil().signal();
  seats_.checkpoint(0);
  seats_.release(0, ReleaseReason::exit);
  EXPECT_EQ(seats_[0].gil.signals_handled, 2);
}

TEST_P(Signals, AreNotCountedWithoutAccounting) {
  Seats seats(GetParam().name, 1, false);
  seats.acquire(0);
  seats.gil().signal();
  seats.checkpoint(0);
  seats.release(0, ReleaseReason::exit);
  EXPECT_EQ(seats[0].gil.signals_handled + seats[0].gil.storm_checkpoints, 0);
}

INSTANTIATE_TEST_SUITE_P(Policies, Signals, ::testing::ValuesIn(gil_policies()),
                         [](const auto& policy) { return policy.param.name; });

TEST(MainSeat, IsTheAdmittedOneWithTheLowestIndex) {
  const auto gil = make_gil(parse_gil("none"));
  SeatAccount account_of_second, account_of_third;
  account_of_second.index = 1;
  account_of_third.index = 2;
  Seat second(account_of_second), third(account_of_third);
  gil->admit(third);
  gil->admit(second);
  gil->signal();
  gil->checkpoint(third, 1);
  gil->checkpoint(second, 1);
  EXPECT_EQ(third.gil.signals_handled, 0);
  EXPECT_EQ(second.gil.signals_handled, 1);
}

// What seat 1 goes through while seat 0, the main one, does not get to a checkpoint.
GilAccount storm(Seats& seats, int checkpoints) {
  seats.acquire(1);
  for (int i = 0; i < checkpoints; ++i) seats.checkpoint(1);
  EXPECT_EQ(seats[1].gil.forced_drops, 0);
  seats.gil().signal();
  for (int i = 0; i < checkpoints; ++i) seats.checkpoint(1);
  seats.release(1);
  return seats[1].gil;
}

TEST(SignalStorm, MakesEveryCheckpointOfTheOldLockReleaseItUntilTheMainSeatRuns) {
  Seats seats("cpython27", 2);
  const GilAccount account = storm(seats, 50);
  EXPECT_EQ(account.storm_checkpoints, 50);
  EXPECT_EQ(account.storm_releases, 50);
  EXPECT_EQ(account.forced_drops, 50);
  seats.acquire(0);
  for (int i = 0; i < 101; ++i) seats.checkpoint(0);
  EXPECT_EQ(seats[0].gil.forced_drops, 1) << "at the checkpoint that handled the signal";
  EXPECT_EQ(seats[0].gil.storm_releases, 0) << "it had been handled";
  seats.checkpoint(0);
  EXPECT_EQ(seats[0].gil.forced_drops, 2) << "then the count runs as ever";
  seats.release(0, ReleaseReason::exit);
}

TEST(SignalStorm, CostsTheNewLockCheckpointsButNoReleases) {
  Seats seats("cpython32", 2);
  const GilAccount account = storm(seats, 50);
  EXPECT_EQ(account.storm_checkpoints, 50);
  EXPECT_EQ(account.storm_releases, 0);
  EXPECT_EQ(account.forced_drops, 0);
}

TEST(SignalStorm, DoesNotReachThreadsThatAreAskedByWordsOfTheirOwn) {
  Seats seats("cpython313", 2);
  const GilAccount account = storm(seats, 50);
  EXPECT_EQ(account.storm_checkpoints, 0);
  EXPECT_EQ(account.forced_drops, 0);
}

TEST(SignalStorm, RagesBetweenTwoSeatsThatComputeUntilTheMainSeatIsLetIn) {
  Seats seats("cpython27", 3);
  seats.gil().signal();
  std::atomic<bool> handled{false};
  seats.run([&](int i) {
    seats.acquire(i);
    if (i == 0) {
      seats.checkpoint(0);
      handled.store(true);
    } else {
      while (!handled.load()) seats.checkpoint(i);
    }
    seats.release(i, ReleaseReason::exit);
  });
  const GilAccount sum = seats.sum();
  EXPECT_EQ(sum.signals_handled, 1);
  // All but the main seat's own, after which no signal is pending.
  EXPECT_EQ(sum.storm_releases, sum.storm_checkpoints - 1);
}

}  // namespace
}  // namespace testing
}  // namespace convoy
