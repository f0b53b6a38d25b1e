// The timer thread of some locks: when there is one, and where it runs.
#include "harness/gil/ticker.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/gil/seats.hpp"

namespace convoy::testing {
namespace {

using namespace std::chrono_literals;

std::string line_of(const std::filesystem::path& file, const std::string& key) {
  std::ifstream stream(file);
  std::string line;
  while (std::getline(stream, line))
    if (line.rfind(key, 0) == 0) return line;
  return "";
}

// The threads of this process with the ticker's name.
std::vector<std::filesystem::path> tickers() {
  std::vector<std::filesystem::path> found;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task"))
    if (line_of(task.path() / "comm", "") == "lock ticker") found.push_back(task.path());
  return found;
}

class LockTicker : public ::testing::TestWithParam<const char*> {};

TEST_P(LockTicker, IsThereFromTheFirstWaitToTheEndOfTheLock) {
  {
    Seats seats(GetParam(), 2);
    seats.acquire(0);
    EXPECT_TRUE(tickers().empty());
    Waiter waiter(seats, 1);
    waiter.wait_until_asleep();
    while (tickers().empty()) ::sched_yield();
    seats.release(0, ReleaseReason::exit);
    waiter.join();
    EXPECT_EQ(tickers().size(), 1U);
  }
  EXPECT_TRUE(tickers().empty());
}

INSTANTIATE_TEST_SUITE_P(Policies, LockTicker,
                         ::testing::Values("ruby_mn", "ruby_delayed", "ocaml4"),
                         [](const auto& policy) { return std::string(policy.param); });

// A ticker that counts to `last` and stops, and its mutex.
struct Counter {
  explicit Counter(nanoseconds period, int last)
      : ticker(mutex, period, [this, last] { return ++ticks < last; }) {}
  void start() {
    const std::lock_guard guard(mutex);
    ticker.start();
  }
  int read() {
    const std::lock_guard guard(mutex);
    return ticks;
  }
  void wait_for(int count) {
    while (read() < count) ::sched_yield();
  }

  std::mutex mutex;
  int ticks = 0;
  Ticker ticker;
};

TEST(Ticker, TicksOncePerPeriodUntilItIsToldToStop) {
  Counter counter(200us, 5);
  const nanoseconds before = now();
  counter.start();
  counter.wait_for(5);
  EXPECT_GE(now() - before, 1ms);
  const nanoseconds end = now() + 1ms;
  while (now() < end) EXPECT_EQ(counter.read(), 5);
}

TEST(Ticker, MayBeStartedAgain) {
  Counter counter(50us, 1);
  for (int start = 1; start <= 10; ++start) {
    counter.start();
    counter.wait_for(start);
  }
}

TEST(Ticker, EndsInTheMiddleOfAPeriod) {
  Counter counter(1h, 1);
  counter.start();
  EXPECT_EQ(counter.read(), 0);
}

TEST(Ticker, RunsWhereAnyOfTheSeatsMay) {
  cpu_set_t all;
  ASSERT_EQ(::sched_getaffinity(0, sizeof all, &all), 0);
  Counter counter(1h, 1);
  // Two seats, of which the second is bound to one CPU, and starts the thread.
  for (const bool bound : {false, true})
    std::jthread([&] {
      cpu_set_t cpus = all;
      if (bound) {
        CPU_ZERO(&cpus);
        CPU_SET(::sched_getcpu(), &cpus);
        ::sched_setaffinity(0, sizeof cpus, &cpus);
      }
      const std::lock_guard guard(counter.mutex);
      counter.ticker.share_cpus();
      if (bound) counter.ticker.start();
    }).join();
  while (tickers().empty()) ::sched_yield();
  EXPECT_EQ(line_of(tickers().front() / "status", "Cpus_allowed_list"),
            line_of("/proc/self/status", "Cpus_allowed_list"));
}

TEST(Ticker, LeavesSignalsToTheSeats) {
  Counter counter(1h, 1);
  counter.start();
  while (tickers().empty()) ::sched_yield();
  // All but SIGKILL, SIGSTOP and the two that belong to the library.
  EXPECT_EQ(line_of(tickers().front() / "status", "SigBlk"), "SigBlk:\tfffffffe7ffbfeff");
}

}  // namespace
}  // namespace convoy::testing
