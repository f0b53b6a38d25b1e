#include "harness/measure/calibration.hpp"

#include <gmock/gmock.h>

#include <deque>

#include <map>

namespace convoy {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

// A crew whose rounds last for as long as the test says, and by their number longer than that.
struct Script {
  nanoseconds each{1us}, overhead{0};
  std::map<std::size_t, nanoseconds> disturbed{};  // 0: the verification round
  std::vector<std::uint64_t> rounds{};

  nanoseconds undisturbed(std::uint64_t operations) const {
    return overhead + each * static_cast<std::int64_t>(operations);
  }
  nanoseconds run(std::uint64_t operations) {
    const auto late = disturbed.find(rounds.size());
    rounds.push_back(operations);
    return undisturbed(operations) + (late == disturbed.end() ? 0ns : late->second);
  }
  std::uint64_t budget(nanoseconds wanted, std::uint64_t verification = 4) {
    rounds.clear();
    const nanoseconds wall = run(verification);
    return calibrate({verification, wall}, wanted,
                     [this](std::uint64_t operations) { return run(operations); });
  }
};

TEST(Calibration, GrowsTenfoldAndThenAsMuchAsIsMissing) {
  Script script;
  EXPECT_EQ(script.budget(2ms), 2300U);
  EXPECT_THAT(script.rounds, ElementsAre(4, 40, 400, 2300));
}

TEST(Calibration, TakesFewerOperationsWhereTheyAreSlow) {
  Script slow{.each = 10ms};
  EXPECT_EQ(slow.budget(100us), 1U);
  EXPECT_EQ(slow.budget(25ms), 3U);
  EXPECT_THAT(slow.rounds, ElementsAre(4, 3));
  EXPECT_EQ(slow.budget(25ms, 1), 3U);
}

TEST(Calibration, OneDisturbedRoundDecidesNothingWhereverItComes) {
  for (const nanoseconds each : {100ns, 1000ns, 300'000ns, 30'000'000ns})
    for (const nanoseconds overhead : {0ns, 50'000ns})
      for (const nanoseconds wanted : {100'000ns, 50'000'000ns})
        for (const nanoseconds late : {100'000ns, 4'000'000ns, 60'000'000ns, 3'000'000'000ns})
          for (std::size_t round = 0; round < 12; ++round) {
            Script script{each, overhead, {{round, late}}, {}};
            const std::uint64_t budget = script.budget(wanted);
            // By a quarter too short at most, but for what rounds of a tenth told of themselves.
            EXPECT_GE((script.undisturbed(budget) + 9 * overhead) * 5, wanted * 4)
                << each.count() << " ns each, of " << overhead.count() << ", wanted "
                << wanted.count() << ", " << late.count() << " late in round " << round;
            EXPECT_LE(script.rounds.size(), 14U);
          }
}

TEST(Calibration, ADisturbedVerificationIsFollowedByARoundThatIsNot) {
  Script script;
  script.disturbed = {{0, 60ms}};
  EXPECT_EQ(script.budget(2ms), 2300U);
  EXPECT_THAT(script.rounds, ElementsAre(4, 1, 10, 100, 1000, 2300));
}

TEST(Calibration, ADisturbedRoundOnTheWayUpIsRunOnceMore) {
  Script script;
  script.disturbed = {{2, 60ms}};
  EXPECT_EQ(script.budget(2ms), 2300U);
  EXPECT_THAT(script.rounds, ElementsAre(4, 40, 400, 400, 2300));
}

// Two workloads under three models, with budgets as they were calibrated.
class Budgets : public ::testing::Test {
 protected:
  CaseResult& add(const std::string& workload, const std::string& model, int workers,
                  std::uint64_t budget) {
    Case& c = cases_.emplace_back();
    c.workload = &find_workload(workload);
    c.arguments = c.workload->initial_arguments();
    c.model = &find_model(model);
    c.workers = workers;
    CaseResult& result = results_.emplace_back();
    result.benchmark = &c;
    result.budget = budget;
    return result;
  }
  std::vector<std::uint64_t> shared() {
    share_budgets(results_);
    std::vector<std::uint64_t> budgets;
    for (const CaseResult& result : results_) budgets.push_back(result.budget);
    return budgets;
  }

  std::deque<Case> cases_;
  std::vector<CaseResult> results_;
};

TEST_F(Budgets, AreTheLargestOfThoseThatDoTheSame) {
  add("cpu_pi", "threads", 2, 100);
  add("cpu_pi", "processes", 2, 200);
  add("cpu_pi", "single", 1, 150);
  add("cpu_sort", "threads", 2, 50);
  EXPECT_THAT(shared(), ElementsAre(200, 200, 150, 50));
}

TEST_F(Budgets, GrowByThreeTimesAtMost) {
  add("cpu_pi", "threads", 2, 10);
  add("cpu_pi", "processes", 2, 1000);
  EXPECT_THAT(shared(), ElementsAre(30, 1000));
}

TEST_F(Budgets, OfWhatFailedOrHasNoneChangeNothing) {
  add("cpu_pi", "threads", 2, 10);
  add("cpu_pi", "processes", 2, 0);
  add("cpu_pi", "coroutines", 2, 20).failure = "it fell over";
  EXPECT_THAT(shared(), ElementsAre(10, 0, 20));
}

}  // namespace
}  // namespace convoy
