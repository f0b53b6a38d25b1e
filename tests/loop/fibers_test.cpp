#include "harness/loop/fibers.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <stdexcept>

#include "tests/loop/crew.hpp"

namespace convoy {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

constexpr std::size_t kBytes = FiberStackSize::kLeast;

// --- Stacks

using StackGuards = testing::TestWithParam<FiberStacks::Guards>;
INSTANTIATE_TEST_SUITE_P(Of, StackGuards,
                         testing::Values(FiberStacks::Guards::best, FiberStacks::Guards::mappings,
                                         FiberStacks::Guards::none));

TEST_P(StackGuards, LeaveAllOfEachStackForUse) {
  const FiberStacks stacks(kBytes, 20, 1, GetParam());
  for (std::size_t i = 0; i < stacks.count(); ++i) {
    ASSERT_GT(stacks.top(i), stacks.bottom(i));
    EXPECT_GE(static_cast<std::size_t>(stacks.top(i) - stacks.bottom(i)), kBytes - 4096);
    std::fill(stacks.bottom(i), stacks.top(i), std::byte{1});
  }
}

TEST_P(StackGuards, TellWhoseTheyAre) {
  const FiberStacks stacks(kBytes, 3, 1, GetParam());
  const bool guarded = GetParam() != FiberStacks::Guards::none;
  EXPECT_EQ(stacks.guarded(), guarded ? 3U : 0U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(stacks.overflown(stacks.bottom(i)), std::nullopt);
    EXPECT_EQ(stacks.overflown(stacks.bottom(i) - 1), guarded ? std::optional(i) : std::nullopt);
  }
  EXPECT_EQ(stacks.overflown(nullptr), std::nullopt);
  EXPECT_EQ(stacks.overflown(&stacks), std::nullopt);
}

TEST_P(StackGuards, StopAWriteBelowTheStack) {
  if (GetParam() == FiberStacks::Guards::none) GTEST_SKIP() << "there are none";
  const FiberStacks stacks(kBytes, 2, 1, GetParam());
  EXPECT_DEATH(*const_cast<volatile std::byte*>(stacks.bottom(1) - 1) = std::byte{1}, "");
}

TEST(FiberStacks, NoticeAfterwardsWhoLeftAStackWithoutAGuard) {
  FiberStacks stacks(kBytes, 3, 1, FiberStacks::Guards::none);
  for (std::size_t i = 0; i < 3; ++i) stacks.watch(i);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_TRUE(stacks.kept(i));
  constexpr std::size_t kRunOver = 4096 + 8;  // the page in between is nobody's
  std::memset(stacks.bottom(1) - kRunOver, 1, kRunOver);
  EXPECT_TRUE(stacks.kept(0));
  EXPECT_FALSE(stacks.kept(1));
  EXPECT_TRUE(stacks.kept(2));
}

TEST(FiberStacks, AreMadeForMoreFibersThanAProcessMayHaveMappings) {
  const FiberStacks stacks(kBytes, 100'000);
  EXPECT_GT(stacks.guarded(), 10'000U);
  *stacks.top(99'999) = std::byte{1};
}

TEST(FiberStacks, SayWhatToDoWhereThereIsNoRoom) {
  try {
    const FiberStacks stacks(FiberStackSize::kMost, std::size_t{1} << 30);
    FAIL() << "2^56 bytes are more than there are addresses";
  } catch (const std::system_error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("a smaller --fiber-stack"));
  }
}

// --- Workers on them

class FiberTest : public test::EveryEngine {};
INSTANTIATE_TEST_SUITE_P(Engines, FiberTest, testing::Values(Engine::epoll, Engine::io_uring),
                         [](const auto& one) {
                           return one.param == Engine::epoll ? "epoll" : "io_uring";
                         });

struct Crew : test::Crew {
  explicit Crew(Engine engine, std::size_t stacks = 16) : test::Crew(engine) {
    loop->give_stacks(kBytes, stacks);
  }
};

Task note_stacks(Worker& worker, std::vector<const void*>& stacks, std::vector<int>& log) {
  const int here = 0;
  for (int turn = 0; turn < 3; ++turn) {
    log.push_back(worker.index());
    stacks.push_back(__builtin_frame_address(0));
    co_await worker.turn();
  }
  worker.keep(here);
}

TEST_P(FiberTest, TakeTurnsEachOnAStackOfItsOwn) {
  Crew crew(GetParam());
  std::vector<const void*> stacks;
  std::vector<int> log;
  for (std::size_t i = 0; i < 3; ++i) crew.tasks.push_back(note_stacks(crew[i], stacks, log));
  crew.run();
  EXPECT_THAT(log, ElementsAre(0, 1, 2, 0, 1, 2, 0, 1, 2));
  const FiberStacks& all = crew.loop->fibers()->stacks();
  for (std::size_t i = 0; i < stacks.size(); ++i) {
    EXPECT_GT(stacks[i], all.bottom(i % 3));
    EXPECT_LT(stacks[i], all.top(i % 3));
  }
}

Task sleep_and_write(Worker& worker, int fd, nanoseconds time) {
  const char letter = 'x';
  co_await worker.sleep(time);
  co_await worker.write(fd, std::span(&letter, 1));
}

Task read_letters(Worker& worker, int fd, int& got) {
  char letter = 0;
  for (int i = 0; i < 2; ++i) {
    const std::size_t count = co_await worker.read(fd, std::span(&letter, 1));
    got += static_cast<int>(count);
  }
}

TEST_P(FiberTest, WaitForTimeAndForEachOther) {
  Crew crew(GetParam());
  const test::Ends ends = test::make_pipe();
  int got = 0;
  crew.tasks.push_back(read_letters(crew[0], ends[0].get(), got));
  crew.tasks.push_back(sleep_and_write(crew[1], ends[1].get(), 2ms));
  crew.tasks.push_back(sleep_and_write(crew[2], ends[1].get(), 1ms));
  crew.run();
  EXPECT_EQ(got, 2);
}

Task end_at_once(Worker&, std::set<const void*>& stacks) {
  stacks.insert(__builtin_frame_address(0));
  co_return;
}

TEST_P(FiberTest, UseAStackAgainOnceItsWorkerHasEnded) {
  Crew crew(GetParam(), 1);
  std::set<const void*> stacks;
  for (int i = 0; i < 10; ++i) crew.tasks.push_back(end_at_once(crew[0], stacks));
  crew.run();
  EXPECT_EQ(stacks.size(), 1U);
  crew.tasks.clear();
  crew.tasks.push_back(end_at_once(crew[0], stacks));
  crew.run();
  EXPECT_EQ(stacks.size(), 1U) << "the next round has the same one";
}

struct Leaving {
  int& count;
  ~Leaving() { ++count; }
};

Task wait_for_ever(Worker& worker, int fd, int& left) {
  const Leaving leaving{left};
  char letter = 0;
  co_await worker.read(fd, std::span(&letter, 1));
  ADD_FAILURE() << "nobody has written";
}

Task sleep_long(Worker& worker, int& left) {
  const Leaving leaving{left};
  co_await worker.sleep(1h);
}

Task throw_after_turn(Worker& worker) {
  co_await worker.turn();
  throw std::runtime_error("the body's own");
}

TEST_P(FiberTest, LeaveTheirStacksWithAllTheyHoldWhenTheirCrewFails) {
  int left = 0;
  const test::Ends ends = test::make_pipe();
  {
    Crew crew(GetParam());
    crew.tasks.push_back(wait_for_ever(crew[0], ends[0].get(), left));
    crew.tasks.push_back(sleep_long(crew[1], left));
    crew.tasks.push_back(throw_after_turn(crew[2]));
    EXPECT_THROW(crew.run(), std::runtime_error);
    EXPECT_EQ(left, 0) << "whoever tells why it failed sees them wait";
  }
  EXPECT_EQ(left, 2);
}

Task start_never(Worker&, int& left) {
  const Leaving leaving{left};
  co_return;
}

TEST_P(FiberTest, NeverStartWhereOneBeforeThemThrew) {
  int left = 0;
  {
    Crew crew(GetParam());
    crew.tasks.push_back(sleep_long(crew[0], left));
    crew.tasks.push_back([](Worker&) -> Task {
      throw std::runtime_error("at once");
      co_return;
    }(crew[1]));
    crew.tasks.push_back(start_never(crew[2], left));
    EXPECT_THROW(crew.run(), std::runtime_error);
  }
  EXPECT_EQ(left, 1);
}

// Whatever it is thrown, it waits again.
Task hold_on(Worker& worker, int times, int& caught) {
  for (int i = 0; i < times; ++i) {
    try {
      co_await worker.sleep(1h);
    } catch (...) {
      ++caught;
    }
  }
}

TEST_P(FiberTest, ThatCatchEverythingAreThrownItAgain) {
  int caught = 0;
  {
    Crew crew(GetParam());
    crew.tasks.push_back(hold_on(crew[0], 5, caught));
    crew.tasks.push_back(throw_after_turn(crew[1]));
    EXPECT_THROW(crew.run(), std::runtime_error);
  }
  EXPECT_EQ(caught, 5);
}

Task catch_and_go_on(Worker& worker, int& caught) {
  for (int i = 0; i < 3; ++i) {
    try {
      co_await worker.turn();
      char letter = 0;
      co_await worker.read(-1, std::span(&letter, 1));
    } catch (const std::system_error&) {
      ++caught;
    }
  }
}

TEST_P(FiberTest, CatchOnTheirOwnStacks) {
  Crew crew(GetParam());
  int caught = 0;
  for (std::size_t i = 0; i < 4; ++i) crew.tasks.push_back(catch_and_go_on(crew[i], caught));
  crew.run();
  EXPECT_EQ(caught, 12);
}

TEST_P(FiberTest, RunAgainAfterAFailure) {
  Crew crew(GetParam());
  crew.tasks.push_back(throw_after_turn(crew[0]));
  EXPECT_THROW(crew.run(), std::runtime_error);
  crew.tasks.clear();
  std::vector<const void*> stacks;
  std::vector<int> log;
  crew.tasks.push_back(note_stacks(crew[1], stacks, log));
  crew.run();
  EXPECT_THAT(log, ElementsAre(1, 1, 1));
}

}  // namespace
}  // namespace convoy
