// What every lock promises, whatever its policy: a new policy file is tested here without a word.
#include <gtest/gtest.h>

#include <cerrno>

#include "tests/gil/seats.hpp"

namespace convoy {

// GoogleTest looks for it beside the type.
static void PrintTo(const GilPolicy& policy, std::ostream* stream) { *stream << policy.name; }

namespace testing {
namespace {

class GilContract : public ::testing::TestWithParam<GilPolicy> {
 protected:
  // The policy with its interval made short, so that waiters ask soon.
  static std::string quick() {
    const GilPolicy& policy = GetParam();
    if (counts_ticks(policy)) return policy.name + ":interval=20";
    return policy.name + (has_parameter(policy, "interval") ? ":interval=50us" : "");
  }
  static bool excludes() { return GetParam().excludes; }
  // Controls under which nobody can ask.
  static bool answers_waiters() { return GetParam().preempts; }
};

TEST_P(GilContract, OneSeatHoldsTheLockAndEveryAcquireReturns) {
  if (!excludes()) GTEST_SKIP() << "nothing excludes anybody here";
  Seats seats(quick(), 4);
  constexpr int kTurns = 400;
  long counter = 0;  // plain: the lock alone protects it
  const Seat* holder = nullptr;
  long intrusions = 0;
  const auto enter = [&](int i) { intrusions += std::exchange(holder, &seats[i]) != nullptr; };
  const auto leave = [&](int i) { intrusions += std::exchange(holder, nullptr) != &seats[i]; };
  seats.run([&](int i) {
    for (int turn = 0; turn < kTurns; ++turn) {
      seats.acquire(i);
      enter(i);
      ++counter;
      leave(i);
      seats.checkpoint(i, 30);
      enter(i);
      ++counter;
      leave(i);
      seats.release(i, turn + 1 == kTurns ? ReleaseReason::exit : ReleaseReason::blocking);
    }
  });
  EXPECT_EQ(counter, 2L * kTurns * seats.count());
  EXPECT_EQ(intrusions, 0);
}

// A worker reads the error of a blocking call only once it has the lock again.
TEST_P(GilContract, ErrnoSurvivesWaitsForTheLock) {
  Seats seats(quick(), 4);
  std::atomic<int> lost{0};
  seats.run([&](int i) {
    for (int turn = 0; turn < 300; ++turn) {
      errno = ENOTTY;
      seats.acquire(i);
      lost += errno != ENOTTY;
      errno = ENOTTY;
      seats.checkpoint(i, 30);
      seats.release(i, turn == 299 ? ReleaseReason::exit : ReleaseReason::blocking);
      lost += errno != ENOTTY;
    }
  });
  EXPECT_EQ(lost, 0);
}

TEST_P(GilContract, ReleaseLetsABlockedWaiterIn) {
  if (!excludes()) GTEST_SKIP() << "nobody ever waits here";
  Seats seats(GetParam().name, 2);
  seats.acquire(0);
  Waiter waiter(seats, 1);
  waiter.wait_until_asleep();
  EXPECT_FALSE(waiter.acquired());
  seats.release(0);
  waiter.join();
  EXPECT_TRUE(waiter.acquired());
  EXPECT_EQ(seats[1].gil.acquisitions, 1);
  EXPECT_EQ(seats[1].gil.waits, 1);
  EXPECT_GT(seats[1].gil.wait_ns, 0);
  EXPECT_EQ(seats[1].gil.longest_wait_ns, seats[1].gil.wait_ns);
  EXPECT_EQ(seats[1].gil.switches, 1);
}

TEST_P(GilContract, ASeatKnowsSinceWhenItHoldsTheLock) {
  Seats seats(quick(), 1);
  EXPECT_EQ(seats[0].hold_began, nanoseconds(0));
  const nanoseconds before = now();
  seats.acquire(0);
  EXPECT_GE(seats[0].hold_began, before);
  seats.release(0);
  EXPECT_EQ(seats[0].hold_began, nanoseconds(0));
}

TEST_P(GilContract, CheckpointsWithoutWaitersKeepTheLock) {
  Seats seats(quick(), 1);
  seats.acquire(0);
  for (int i = 0; i < 1000; ++i) seats.checkpoint(0);
  seats.release(0, ReleaseReason::exit);
  if (!counts_ticks(GetParam())) {
    EXPECT_EQ(seats[0].gil.forced_drops, 0);
    EXPECT_EQ(seats[0].gil.acquisitions, 1);
  }
  EXPECT_EQ(seats[0].gil.waits, 0);
  EXPECT_EQ(seats[0].gil.acquisitions, 1 + seats[0].gil.forced_drops);
}

TEST_P(GilContract, AWaiterGetsInFromASeatThatOnlyStandsAtCheckpoints) {
  if (!answers_waiters()) GTEST_SKIP() << "nobody can ask here: that is what the control shows";
  Seats seats(quick(), 2);
  seats.acquire(0);
  Waiter waiter(seats, 1);
  while (!waiter.acquired()) seats.checkpoint(0);
  seats.release(0, ReleaseReason::exit);
  waiter.join();
  if (excludes()) {
    EXPECT_GE(seats[0].gil.forced_drops, 1);
  }
}

TEST_P(GilContract, TheAccountsAddUp) {
  Seats seats(quick(), 3);
  constexpr std::int64_t kTurns = 300;
  seats.run([&](int i) {
    for (std::int64_t turn = 0; turn < kTurns; ++turn) {
      seats.acquire(i);
      for (int step = 0; step < 5; ++step) seats.checkpoint(i, 11);
      seats.release(i);
    }
  });
  for (int i = 0; i < seats.count(); ++i) {
    const GilAccount& account = seats[i].gil;
    EXPECT_EQ(account.voluntary_releases, kTurns);
    EXPECT_EQ(account.acquisitions, account.voluntary_releases + account.forced_drops);
    EXPECT_EQ(account.holds.count(), account.acquisitions);
    EXPECT_LE(account.waits, account.acquisitions);
    EXPECT_LE(account.steals, account.acquisitions - account.waits);
    EXPECT_GE(account.hold_ns, account.holds.largest());
    EXPECT_LE(account.longest_wait_ns, account.wait_ns);
    EXPECT_EQ(account.longest_wait_ns > 0, account.waits > 0);
  }
  const GilAccount sum = seats.sum();
  if (excludes()) {
    EXPECT_EQ(sum.switches + sum.same_worker, sum.acquisitions - 1);
  }
}

TEST_P(GilContract, NothingIsCountedWithoutAccounting) {
  Seats seats(quick(), 2, false);
  seats.run([&](int i) {
    for (int turn = 0; turn < 200; ++turn) {
      seats.acquire(i);
      seats.checkpoint(i, 30);
      seats.release(i);
    }
  });
  const GilAccount sum = seats.sum();
  EXPECT_EQ(sum.acquisitions + sum.waits + sum.switches + sum.same_worker, 0);
  EXPECT_EQ(sum.voluntary_releases + sum.forced_drops + sum.steals + sum.holds.count(), 0);
  EXPECT_EQ(sum.hold_ns + sum.wait_ns, 0);
}

TEST_P(GilContract, OnlyCountingPoliciesKeepTheBreakerSet) {
  Seats seats(GetParam().name, 2);
  EXPECT_EQ(seats.asked(0), counts_ticks(GetParam()));
  EXPECT_EQ(seats.asked(1), counts_ticks(GetParam()));
}

TEST_P(GilContract, DescribesItselfAndReadsItsOwnText) {
  const GilPolicy& policy = GetParam();
  EXPECT_FALSE(policy.description.empty());
  EXPECT_EQ(parse_gil(policy.name).text, policy.name);
  std::string everything = policy.name;
  for (const ParameterBase* parameter : policy.parameters)
    everything += ":" + parameter->name() + "=" + parameter->format(parameter->least());
  const GilSpec spec = parse_gil(everything);
  const GilSpec again = parse_gil(spec.text);
  EXPECT_EQ(again.arguments, spec.arguments);
  EXPECT_EQ(again.text, spec.text);
  EXPECT_NE(make_gil(spec), nullptr);
}

INSTANTIATE_TEST_SUITE_P(Policies, GilContract, ::testing::ValuesIn(gil_policies()),
                         [](const auto& policy) { return policy.param.name; });

}  // namespace
}  // namespace testing
}  // namespace convoy
