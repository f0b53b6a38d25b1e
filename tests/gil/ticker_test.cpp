// The timer thread of some locks: when there is one, and where it runs.
#include "harness/gil/ticker.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>

#include "harness/machine/pinning.hpp"
#include "tests/gil/seats.hpp"
#include "tests/threads.hpp"

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
  for (const std::filesystem::path& task : test::living_threads())
    if (line_of(task / "comm", "") == "lock ticker") found.push_back(task);
  return found;
}

// Once there is one.
std::filesystem::path ticker() {
  for (;; ::sched_yield())
    if (const auto found = tickers(); !found.empty()) return found.front();
}

class LockTicker : public ::testing::TestWithParam<const char*> {};

TEST_P(LockTicker, IsThereFromTheFirstWaitToTheEndOfTheLock) {
  {
    Seats seats(GetParam(), 2);
    seats.acquire(0);
    EXPECT_TRUE(tickers().empty());
    Waiter waiter(seats, 1);
    waiter.wait_until_asleep();
    ticker();
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
  if (::sched_getaffinity(0, sizeof all, &all) != 0)
    GTEST_SKIP()
        << "more CPUs than a cpu_set_t has room for: the ticker stays where it was started";
  Counter counter(1h, 1);
  // Two seats, of which the second is bound to one CPU, and starts the thread.
  for (const bool bound : {false, true})
    std::jthread([&] {
      if (bound) {
        EXPECT_TRUE(bind_this_thread({current_affinity().last()}).pinned);
      }
      const std::lock_guard guard(counter.mutex);
      counter.ticker.share_cpus();
      if (bound) counter.ticker.start();
    }).join();
  EXPECT_EQ(line_of(ticker() / "status", "Cpus_allowed_list"),
            line_of("/proc/self/status", "Cpus_allowed_list"));
}

TEST(Ticker, LeavesSignalsToTheSeats) {
  Counter counter(1h, 1);
  counter.start();
  // All that a thread can block, so neither SIGKILL, SIGSTOP nor what belongs to the library.
  std::string most;
  std::jthread([&most] {
    sigset_t all;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
    most = line_of("/proc/thread-self/status", "SigBlk");
  }).join();
  EXPECT_NE(most, "");
  EXPECT_EQ(line_of(ticker() / "status", "SigBlk"), most);
}

}  // namespace
}  // namespace convoy::testing
