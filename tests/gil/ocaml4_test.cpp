// OCaml's master lock: ticks that go on by themselves, and two ways to let others in.
#include <gtest/gtest.h>

#include "tests/gil/compete.hpp"
#include "tests/gil/passer_by.hpp"

namespace convoy::testing {
namespace {

using namespace std::chrono_literals;

TEST(OCaml4, TheFirstTickIsAnIntervalAfterTheFirstWait) {
  Seats seats("ocaml4:interval=3ms", 2);
  seats.acquire(0);
  const nanoseconds before = now();
  Waiter waiter(seats, 1);
  while (!seats.asked(0)) ::sched_yield();
  EXPECT_GE(now() - before, 3ms);
  seats.release(0, ReleaseReason::exit);
}

TEST(OCaml4, TicksGoOnWhileNobodyWaitsAndChangeNothing) {
  Seats seats("ocaml4:interval=100us", 2);
  seats.acquire(0);
  Waiter waiter(seats, 1);
  waiter.wait_until_asleep();
  seats.release(0);
  waiter.join();
  seats.acquire(0);
  for (int tick = 0; tick < 5; ++tick) {
    while (!seats.asked(0)) ::sched_yield();
    seats.checkpoint(0);
  }
  EXPECT_EQ(seats[0].gil.forced_drops, 0);
  seats.release(0, ReleaseReason::exit);
}

TEST(OCaml4, AllSeatsShareOneFlag) {
  Seats seats("ocaml4", 2);
  EXPECT_EQ(seats[0].breaker, seats[1].breaker);
}

TEST(OCaml4, WhoLetsOthersInIsNeverTheNextHolder) {
  for (const int count : {2, 3, 5}) {
    const GilAccount sum = compete("ocaml4:interval=20us", count, 40);
    EXPECT_GE(sum.forced_drops, 40);
    EXPECT_EQ(sum.same_worker, 0) << count << " seats";
  }
}

TEST(OCaml4, OfOldWhoLetsOthersInMayBeTheNextHolder) {
  // A waiter that has just been signalled takes microseconds to run, the holder nanoseconds.
  GilAccount sum;
  for (int attempt = 0; attempt < 1000 && sum.same_worker == 0; ++attempt)
    sum = pass_by("ocaml4:yield=old:interval=20us", drop_on_request);
  EXPECT_GT(sum.same_worker, 0);
  EXPECT_LE(sum.same_worker, sum.steals);
}

TEST(OCaml4, WhoBlocksDoesNotWaitForTheSwitch) {
  Seats seats("ocaml4:interval=100us", 2);
  seats.acquire(0);
  Waiter waiter(seats, 1);
  while (!seats.asked(0)) ::sched_yield();
  seats.release(0, ReleaseReason::blocking);
  EXPECT_EQ(seats[0].gil.wait_ns, 0);
  waiter.join();
}

}  // namespace
}  // namespace convoy::testing
