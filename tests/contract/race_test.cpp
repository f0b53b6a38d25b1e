// What gil_race loses, and what it never may.
#include <gtest/gtest.h>

#include "tests/contract/crews.hpp"

namespace convoy::contract {
namespace {

constexpr std::uint64_t kOperations = 1500;  // of each worker: some 10 ms

CrewPlan race(const std::string& model, const std::string& gil, const std::string& checkpoints,
              bool lock = false, int carriers = 1) {
  const Workload& workload = find_workload("gil_race");
  CrewPlan plan = plan_of(workload, find_model(model), gil, 2, carriers);
  auto arguments = workload.initial_arguments();
  const std::size_t where = workload.parameter_index("checkpoints");
  arguments[where] = workload.parameters[where]->parse(checkpoints, "");
  arguments[workload.parameter_index("lock")] = lock;
  plan.setup = Setup(workload, arguments, 2);
  return plan;
}

struct Outcome {
  std::uint64_t lost = 0, switches = 0;
};

// As many rounds, or fewer once something has got lost or the lock has changed hands often.
Outcome run(const CrewPlan& plan, int rounds, std::uint64_t switches = ~std::uint64_t{0}) {
  Outcome outcome;
  Host host(plan);
  for (int round = 0; round < rounds && outcome.lost == 0 && outcome.switches < switches; ++round) {
    const RoundReport report = host.run_round(kOperations, kPatience);
    outcome.lost += report.lost;
    for (const GilAccount& account : report.gil) outcome.switches += account.switches;
  }
  host.stop(kPatience);
  return outcome;
}

constexpr int kMany = 500;  // by then it has happened
constexpr int kSome = 10;
constexpr std::uint64_t kOften = 50;

TEST(Race, LosesUpdatesWhereTheLockIsDroppedBetweenLoadAndStore) {
  EXPECT_GT(run(race("threads", "cpython32:interval=100us", "every_op"), kMany).lost, 0U);
  EXPECT_GT(run(race("threads", "cpython27", "every_op"), kMany).lost, 0U);
}

TEST(Race, LosesUpdatesWithoutALock) {
  EXPECT_GT(run(race("threads", "none", "back_edge"), kMany).lost, 0U);
  EXPECT_GT(run(race("coroutines", "none", "back_edge", false, 2), kMany).lost, 0U);
}

TEST(Race, AMutexSavesEveryUpdate) {
  for (const std::string gil : {"none", "cpython32:interval=100us", "cpython27"}) {
    const Outcome outcome = run(race("threads", gil, "every_op", true), kSome, kOften);
    EXPECT_EQ(outcome.lost, 0U) << gil;
  }
}

TEST(Race, NothingIsLostByWorkersThatShareNothingOrNeverMeet) {
  EXPECT_EQ(run(race("processes", "none", "every_op"), kSome).lost, 0U);
  EXPECT_EQ(run(race("coroutines", "none", "every_op"), kSome).lost, 0U);
}

TEST(Race, IsNoneForOneWorkerAfterAnother) {
  EXPECT_FALSE(offers(find_workload("gil_race"), find_model("single")));
  EXPECT_TRUE(offers(find_workload("gil_race"), find_model("coroutines")));
}

class RaceUnderALock : public ::testing::TestWithParam<GilPolicy> {};

TEST_P(RaceUnderALock, LosesNothingWhereTheLockIsDroppedAtTheLoopsEndOnly) {
  if (!GetParam().excludes) GTEST_SKIP() << "workers run side by side here";
  const Outcome outcome = run(race("threads", quick(GetParam()), "back_edge"), kMany, kOften);
  EXPECT_EQ(outcome.lost, 0U);
  if (GetParam().preempts) {
    EXPECT_GT(outcome.switches, 0U);
  }
}

INSTANTIATE_TEST_SUITE_P(Policies, RaceUnderALock, ::testing::ValuesIn(gil_policies()),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace convoy::contract
