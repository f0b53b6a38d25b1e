#include <gmock/gmock.h>

#include <optional>
#include <set>

#include "harness/measure/session.hpp"
#include "tests/measure/cases.hpp"

namespace convoy {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::SizeIs;

// Samples whose surroundings a test decides.
class SessionOfDisturbances : public ::testing::Test {
 protected:
  // Rows that are precise from the first look on; `disturbed_` says of which samples not to trust.
  Session& session(SessionOptions options, Session::Look foreign_work = {},
                   std::optional<PeerPlace> peer = {}) {
    cases_ = test::cases_named({"a", "b"});
    for (Case& c : cases_) c.peer = peer;
    session_ = std::make_unique<Session>(
        cases_, options,
        [this](const Case& c, CaseResult& result, int pass) {
          time_ += 1s;
          Sample sample = test::sample_of(1000 + pass, pass);
          if (disturbed_(c.name, pass)) sample.disturbed = {Disturbance::run_delay};
          result.samples.push_back(std::move(sample));
        },
        [this] { return time_; }, std::move(foreign_work));
    return *session_;
  }
  const CaseResult& a() const { return session_->results()[0]; }
  const CaseResult& b() const { return session_->results()[1]; }

  std::function<bool(const std::string&, int)> disturbed_ = [](const std::string&, int) {
    return false;
  };
  nanoseconds time_{0};

 private:
  std::vector<Case> cases_;
  std::unique_ptr<Session> session_;
};

TEST_F(SessionOfDisturbances, TakesDisturbedSamplesAgainThoughTheBudgetIsSpent) {
  disturbed_ = [](const std::string& name, int pass) { return name == "a" && pass == 2; };
  SessionOptions options;
  options.budget = 1s;
  session(options).run({});
  EXPECT_THAT(a().samples, SizeIs(7));
  EXPECT_THAT(b().samples, SizeIs(6));
  EXPECT_FALSE(a().disturbed());
  EXPECT_TRUE(a().converged);
}

TEST_F(SessionOfDisturbances, GoesByUndisturbedSamplesWhereTheyAreEnough) {
  disturbed_ = [](const std::string& name, int pass) { return name == "a" && pass == 0; };
  session({}).run({});
  EXPECT_THAT(a().samples, SizeIs(7));
  EXPECT_THAT(a().real_times_ns(), SizeIs(6));
  EXPECT_EQ(a().median_ns(), 1003.5);
  EXPECT_EQ(a().interval_ns()->low, 1001);
}

TEST_F(SessionOfDisturbances, TakesNoMoreThanTwiceWhatWasPlanned) {
  disturbed_ = [](const std::string& name, int pass) { return name == "a" && pass % 2 == 1; };
  SessionOptions options;
  options.least_passes = 4;
  options.budget = 1s;
  session(options).run({});
  EXPECT_THAT(a().samples, SizeIs(8));
  EXPECT_TRUE(a().disturbed());
  EXPECT_FALSE(a().converged);
  EXPECT_THAT(a().real_times_ns(), SizeIs(8));  // all of them
}

TEST_F(SessionOfDisturbances, TakesNothingAgainWhereNearlyAllIsDisturbed) {
  disturbed_ = [](const std::string&, int) { return true; };
  SessionOptions options;
  options.budget = 1s;
  session(options).run({});
  EXPECT_THAT(a().samples, SizeIs(6));
  EXPECT_TRUE(a().disturbed());
  EXPECT_TRUE(a().interval_ns().has_value());
}

TEST_F(SessionOfDisturbances, EndsWithoutABudgetThoughAllIsDisturbed) {
  disturbed_ = [](const std::string&, int) { return true; };
  session({}).run({});
  EXPECT_THAT(a().samples, SizeIs(12));
  EXPECT_FALSE(a().converged);
}

TEST_F(SessionOfDisturbances, TakesExactlyAsManyAsWereAskedFor) {
  disturbed_ = [](const std::string&, int pass) { return pass == 0; };
  SessionOptions options;
  options.least_passes = options.most_passes = 8;
  options.until_precise = false;
  session(options).run({});
  EXPECT_THAT(a().samples, SizeIs(8));
  EXPECT_FALSE(a().disturbed());
  EXPECT_THAT(a().real_times_ns(), SizeIs(7));
}

TEST_F(SessionOfDisturbances, MarksWhatWasTakenBesideForeignWork) {
  // A window of three samples, of which the second is disturbed.
  int looks = 0;
  SessionOptions options;
  options.least_passes = options.most_passes = 3;
  options.until_precise = false;
  session(options, [&](bool) -> std::optional<bool> {
    ++looks;
    return looks % 3 != 0 ? std::nullopt : std::optional(looks == 6);
  }).run({});
  const auto marked = [](const CaseResult& r) {
    std::vector<bool> marks;
    for (const Sample& sample : r.samples)
      marks.push_back(sample.disturbed == std::set{Disturbance::foreign_work});
    return marks;
  };
  // Each pass looks after both samples, and once more at its end.
  EXPECT_THAT(marked(a()), ElementsAre(false, true, false));
  EXPECT_THAT(marked(b()), ElementsAre(false, true, false));
}

TEST_F(SessionOfDisturbances, TakesTheWorkOfAServerOfOthersForNoStrangers) {
  SessionOptions options;
  options.least_passes = options.most_passes = 3;
  options.until_precise = false;
  session(options, [](bool) { return true; }, PeerPlace::external).run({});
  for (const Sample& sample : a().samples) EXPECT_TRUE(sample.disturbed.empty());
}

}  // namespace
}  // namespace convoy
