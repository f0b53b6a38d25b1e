// A queue of tickets: served in the order of arrival, handed over directly, in turns.
#include <gtest/gtest.h>

#include <cerrno>
#include <numeric>

#include "tests/gil/seats.hpp"

namespace convoy::testing {
namespace {

using namespace std::chrono_literals;

std::vector<int> one_to(int count) {
  std::vector<int> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 1);
  return numbers;
}

TEST(Ticket, ServesInTheOrderOfArrival) {
  for (int attempt = 0; attempt < 20; ++attempt) EXPECT_EQ(order_served("ticket", 5), one_to(5));
}

TEST(Ticket, ServesMoreSeatsThanItHasPlacesToSleepIn) {
  EXPECT_EQ(order_served("ticket", 140), one_to(140));
}

TEST(Ticket, WhoLetsGoDoesNotPassTheQueue) {
  for (const ReleaseReason why : {ReleaseReason::blocking, ReleaseReason::yield}) {
    Seats seats("ticket", 2);
    seats.acquire(0);
    Waiter waiter(seats, 1);
    waiter.wait_until_asleep();
    seats.release(0, why);
    seats.acquire(0);
    EXPECT_EQ(seats[0].gil.switches, 1);
    EXPECT_EQ(seats[0].gil.same_worker, 0);
    seats.release(0, ReleaseReason::exit);
    waiter.join();
  }
}

TEST(Ticket, ATurnLastsForAnIntervalFromWhenSomebodyQueues) {
  Seats seats("ticket:interval=3ms", 2);
  seats.acquire(0);
  const nanoseconds before = now();
  Waiter waiter(seats, 1);
  while (!waiter.acquired()) seats.checkpoint(0);
  EXPECT_GE(now() - before, 3ms);
  EXPECT_EQ(seats[0].gil.forced_drops, 1);
  seats.release(0, ReleaseReason::exit);
  waiter.join();
}

TEST(Ticket, TheNextTurnBeginsWithTheHandOver) {
  Seats seats("ticket:interval=3ms", 3);
  seats.acquire(0);
  Waiter first(seats, 1, [&] {
    while (seats[1].gil.forced_drops == 0) seats.checkpoint(1);
  });
  first.wait_until_asleep();
  nanoseconds given_up{0};
  Waiter second(seats, 2, [&] { given_up = now(); });
  second.wait_until_asleep();
  nanoseconds before_hand_over{0};
  while (seats[0].gil.forced_drops == 0) {
    before_hand_over = now();
    seats.checkpoint(0);
  }
  seats.release(0, ReleaseReason::exit);
  first.join();
  second.join();
  EXPECT_GE(given_up - before_hand_over, 3ms);
}

TEST(Ticket, NobodyStealsAndErrnoIsKept) {
  Seats seats("ticket:interval=20us", 4);
  std::atomic<int> lost{0};
  seats.run([&](int i) {
    for (int turn = 0; turn < 300; ++turn) {
      errno = ENOTTY;
      seats.acquire(i);
      lost += errno != ENOTTY;
      seats.checkpoint(i);
      seats.release(i);
    }
  });
  EXPECT_EQ(seats.sum().steals, 0);
  EXPECT_EQ(lost, 0);
}

}  // namespace
}  // namespace convoy::testing
