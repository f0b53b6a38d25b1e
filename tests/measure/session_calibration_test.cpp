#include <gmock/gmock.h>

#include "harness/measure/session.hpp"
#include "tests/measure/cases.hpp"

namespace convoy {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::SizeIs;

SessionOptions exactly(int passes) {
  SessionOptions options;
  options.least_passes = options.most_passes = passes;
  return options;
}

TEST(SessionThatCalibrates, CalibratesAllBeforeTheFirstPass) {
  std::vector<Case> cases = test::cases_named({"a", "b"});
  std::vector<std::string> done;
  const SessionOptions options = exactly(1);
  Session all(
      cases, options,
      [&](const Case& c, CaseResult& result, int pass) {
        EXPECT_EQ(result.budget, 20U);  // the larger one's
        done.push_back(c.name);
        result.samples.push_back(test::sample_of(1, pass));
      },
      [] { return 0s; }, {},
      [&](const Case& c, CaseResult& result) {
        result.budget = c.name == "a" ? 10 : 20;
        done.push_back("calibrate");
      });
  all.run({});
  EXPECT_THAT(done, ElementsAre("calibrate", "calibrate", ::testing::_, ::testing::_));
}

TEST(SessionThatCalibrates, TakesNothingOfWhatCannotBeCalibrated) {
  std::vector<Case> cases = test::cases_named({"a", "b"});
  Session all(
      cases, exactly(2),
      [&](const Case& c, CaseResult& result, int pass) {
        EXPECT_EQ(c.name, "b");
        result.samples.push_back(test::sample_of(1, pass));
      },
      [] { return 0s; }, {},
      [&](const Case& c, CaseResult&) {
        if (c.name == "a") throw CrewFailure("it fell over");
      });
  std::vector<std::string> told;
  SessionEvents events;
  events.after_sample = [&](const CaseResult& r) {
    if (r.failure) told.push_back(r.benchmark->name);
  };
  all.run(events);
  EXPECT_THAT(told, ElementsAre("a"));
  EXPECT_EQ(all.results()[0].failed_pass, 0);
  EXPECT_THAT(all.results()[1].samples, SizeIs(2));
}

}  // namespace
}  // namespace convoy
