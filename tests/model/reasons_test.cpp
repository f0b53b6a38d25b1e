// Why a crew failed: the first reason counts, even where its writer is slow or dies.
#include <gtest/gtest.h>

#include <thread>

#include "harness/model/arena.hpp"

namespace convoy {
namespace {

using namespace std::chrono_literals;

TEST(Reasons, TheFirstCounts) {
  Arena arena(1, 1);
  EXPECT_EQ(arena.failure(), "");
  arena.fail("first");
  arena.fail("second");
  EXPECT_EQ(arena.failure(), "first");
}

TEST(Reasons, WhoComesSecondWaitsForTheFirst) {
  Arena arena(1, 1);
  ASSERT_TRUE(arena.claim_failure());
  EXPECT_FALSE(arena.claim_failure());
  std::jthread second([&] { arena.fail("the process exited", 1h); });
  arena.publish_failure("what really happened");
  second.join();
  EXPECT_EQ(arena.failure(), "what really happened");
}

TEST(Reasons, WhoLooksWaitsForTheFirst) {
  Arena arena(1, 1);
  arena.await_failure(1h);  // nobody is writing
  ASSERT_TRUE(arena.claim_failure());
  std::jthread writer([&] { arena.publish_failure("late"); });
  arena.await_failure(1h);
  EXPECT_EQ(arena.failure(), "late");
}

TEST(Reasons, WhereTheFirstNeverSaysTheSecondStandsIn) {
  Arena arena(1, 1);
  ASSERT_TRUE(arena.claim_failure());
  arena.fail("the process was killed", 1ms);
  EXPECT_EQ(arena.failure(), "the process was killed");
  arena.fail("and another", 1ms);
  EXPECT_EQ(arena.failure(), "the process was killed");
  arena.publish_failure("what really happened");
  EXPECT_EQ(arena.failure(), "what really happened");
}

}  // namespace
}  // namespace convoy
