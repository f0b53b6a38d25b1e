// CPython's lock with a right of way for whoever comes back from a blocking call.
#include <gtest/gtest.h>

#include "tests/gil/seats.hpp"

namespace convoy::testing {
namespace {

// Whether seat 1, having released the lock for that reason, asks seat 0 for it before the interval,
// which never ends here, is over.
bool asks_at_once(ReleaseReason why) {
  Seats seats("io_priority:interval=3600s", 2);
  seats.acquire(1);
  seats.release(1, why);
  seats.acquire(0);
  Waiter waiter(seats, 1);
  waiter.wait_until_asleep();
  const bool asked = seats.asked(0);
  seats.release(0, ReleaseReason::exit);
  waiter.join();
  return asked;
}

TEST(IoPriority, WhoComesBackFromABlockingCallAsksAtOnce) {
  EXPECT_TRUE(asks_at_once(ReleaseReason::blocking));
}

TEST(IoPriority, WhoseLockWasTakenAwayWaitsForAnInterval) {
  EXPECT_FALSE(asks_at_once(ReleaseReason::yield));
}

TEST(IoPriority, WhoLeftForGoodComesBackAsANewcomer) {
  EXPECT_FALSE(asks_at_once(ReleaseReason::exit));
}

TEST(IoPriority, ANewcomerWaitsForAnInterval) {
  Seats seats("io_priority:interval=3600s", 2);
  seats.acquire(0);
  Waiter waiter(seats, 1);
  waiter.wait_until_asleep();
  EXPECT_FALSE(seats.asked(0));
  seats.release(0, ReleaseReason::exit);
  waiter.join();
}

TEST(IoPriority, WhoIsAskedAtOnceMustSwitchToo) {
  Seats seats("io_priority:interval=3600s", 2);
  seats.acquire(1);
  seats.release(1, ReleaseReason::blocking);
  seats.acquire(0);
  Waiter waiter(seats, 1);
  waiter.wait_until_asleep();
  seats.checkpoint(0);
  EXPECT_EQ(seats[0].gil.forced_drops, 1);
  EXPECT_EQ(seats[0].gil.same_worker, 0);
  EXPECT_EQ(seats[0].gil.switches, 2);
  seats.release(0, ReleaseReason::exit);
  waiter.join();
}

}  // namespace
}  // namespace convoy::testing
