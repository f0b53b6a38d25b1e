#include "harness/measure/gbench.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "harness/base/check.hpp"
#include "tests/measure/cases.hpp"

namespace convoy {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

// Names that a careless regular expression would take for one another.
const std::vector<std::string> kNames{
    "w/gil:a.b", "w/gil:aXb",      "w/gil:a.b/n:1",  "w/gil:a", "w/n:1+1", "w/n:11",   "w/[x]",
    "w/x",       "w/(y)|z{2}^$\\", "w/iterations:1", "w",       "w/*",     "w/p:1us?", "-w",
};

class Bridge : public ::testing::Test {
 protected:
  Bridge() : cases_(test::cases_named(kNames)) {}
  CaseResult take(const Case& c, int pass = 0) {
    CaseResult result;
    result.benchmark = &c;
    benchmarks_.take(c, result, pass);
    return result;
  }

  std::vector<std::string> taken_;
  std::function<void(CaseResult&, int)> act_ = [](CaseResult& result, int pass) {
    result.samples.push_back(test::sample_of(5, pass));
  };
  std::vector<Case> cases_;
  GoogleBenchmarks benchmarks_{cases_, [this](const Case& c, CaseResult& result, int pass) {
                                 taken_.push_back(c.name);
                                 act_(result, pass);
                               }};
};

TEST_F(Bridge, TakesExactlyTheCaseThatIsAskedFor) {
  for (const Case& c : cases_) {
    taken_.clear();
    const CaseResult result = take(c, 3);
    EXPECT_THAT(taken_, ElementsAre(c.name));
    ASSERT_THAT(result.samples, SizeIs(1)) << c.name;
    EXPECT_EQ(result.samples.front().pass, 3);
  }
}

TEST_F(Bridge, TakesTheSameCaseAgainAndAgain) {
  for (int pass = 0; pass < 5; ++pass) take(cases_[0], pass);
  EXPECT_THAT(taken_, SizeIs(5));
}

TEST_F(Bridge, LetsExceptionsOut) {
  act_ = [](CaseResult&, int) { throw CrewFailure("fell over"); };
  EXPECT_THROW(take(cases_[0]), CrewFailure);
  act_ = [](CaseResult&, int) { throw UsageError("no such place"); };
  EXPECT_THROW(take(cases_[0]), UsageError);
  act_ = [](CaseResult&, int) { throw 7; };
  EXPECT_THROW(take(cases_[0]), int);
  act_ = [](CaseResult& result, int) { result.samples.push_back(test::sample_of(5)); };
  EXPECT_NO_THROW(take(cases_[0])) << "and forgets them";
}

TEST_F(Bridge, TellsGoogleBenchmarksContext) {
  const auto context = nlohmann::json::parse(GoogleBenchmarks::context_json()).at("context");
  EXPECT_TRUE(context.contains("num_cpus"));
  EXPECT_TRUE(context.contains("library_build_type"));
}

TEST(Bridges, ComeOneAfterTheOther) {
  for (int i = 0; i < 2; ++i) {
    const auto cases = test::cases_named({"same name"});
    int taken = 0;
    GoogleBenchmarks benchmarks(cases, [&](const Case&, CaseResult& result, int) {
      ++taken;
      result.samples.push_back(test::sample_of(5));
    });
    CaseResult result;
    result.benchmark = cases.data();
    benchmarks.take(cases[0], result, 0);
    EXPECT_EQ(taken, 1);
  }
}

}  // namespace
}  // namespace convoy
