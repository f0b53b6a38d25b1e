#include "harness/base/futex.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>

#include <new>
#include <thread>

#include "harness/base/mapping.hpp"

namespace convoy {
namespace {

using namespace std::chrono_literals;

TEST(Futex, ReturnsAtOnceWhenTheWordDiffers) {
  FutexWord word{1};
  EXPECT_TRUE(futex_wait(word, 0));
  EXPECT_TRUE(futex_wait(word, 0, now() + 1h));
}

TEST(Futex, ADeadlineInThePastIsOver) {
  FutexWord word{0};
  EXPECT_FALSE(futex_wait(word, 0, now() - 1s));
  EXPECT_FALSE(futex_wait(word, 0, nanoseconds(0)));
}

TEST(Futex, WaitsAsLongAsTheDeadlineSays) {
  FutexWord word{0};
  const nanoseconds deadline = now() + 2ms;
  while (futex_wait(word, 0, deadline)) {
  }
  EXPECT_GE(now(), deadline);
}

TEST(Futex, WakesNobodyWhereNobodyWaits) {
  FutexWord word{0};
  EXPECT_EQ(futex_wake(word, 1), 0);
  EXPECT_EQ(futex_wake_all(word), 0);
}

TEST(Futex, PassesATokenBetweenThreads) {
  FutexWord turn{0};
  constexpr std::uint32_t kTurns = 200;
  const auto play = [&](std::uint32_t parity) {
    for (std::uint32_t i = parity; i < kTurns; i += 2) {
      for (std::uint32_t seen; (seen = turn.load()) != i;) futex_wait(turn, seen);
      turn.store(i + 1);
      futex_wake_all(turn);
    }
  };
  std::jthread other(play, 1U);
  play(0);
  other.join();
  EXPECT_EQ(turn.load(), kTurns);
}

TEST(Futex, WakesAsManyAsAskedFor) {
  FutexWord word{0};
  std::jthread first([&] {
    while (word.load() == 0) futex_wait(word, 0);
  });
  std::jthread second([&] {
    while (word.load() == 0) futex_wait(word, 0);
  });
  int woken = 0;  // while the word stands still, whoever is woken waits again
  while (woken < 3) {
    const int now_woken = futex_wake(word, 1);
    ASSERT_LE(now_woken, 1);
    woken += now_woken;
    ::sched_yield();
  }
  word.store(1);
  futex_wake_all(word);
}

TEST(Futex, CrossesProcesses) {
  const Mapping memory(sizeof(FutexWord));
  auto& word = *new (memory.data()) FutexWord{0};
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    while (word.load() == 0) futex_wait(word, 0);
    word.store(2);
    futex_wake_all(word);
    ::_exit(0);
  }
  word.store(1);
  futex_wake_all(word);
  while (word.load() != 2) futex_wait(word, 1);
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace convoy
