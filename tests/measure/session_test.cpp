// lint: long because all that a session promises is read together
#include "harness/measure/session.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <csignal>
#include <map>
#include <set>
#include <stdexcept>

#include "harness/base/check.hpp"
#include "harness/base/interruption.hpp"
#include "tests/measure/cases.hpp"

namespace convoy {
namespace {

using namespace std::chrono_literals;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Time that passes only when a sample is taken, and samples that are made up.
class SessionOfMocks : public ::testing::Test {
 protected:
  ~SessionOfMocks() override { set_pending_interruption(0); }

  Session& session(SessionOptions options, std::vector<std::string> names = {"a", "b", "c", "d"}) {
    cases_ = test::cases_named(names);
    session_ = std::make_unique<Session>(
        cases_, options,
        [this](const Case& c, CaseResult& result, int pass) {
          time_ += cost_;
          taken_[pass].push_back(c.name);
          order_.push_back(c.name);
          if (before_) before_(c.name);
          result.samples.push_back(test::sample_of(value_(c.name), pass));
        },
        [this] { return time_; });
    return *session_;
  }
  static SessionOptions exactly(int passes) {
    SessionOptions options;
    options.least_passes = options.most_passes = passes;
    options.minimum_samples = passes + 1;
    return options;
  }
  const CaseResult& result(const std::string& name) const {
    return *std::find_if(session_->results().begin(), session_->results().end(),
                         [&](const CaseResult& r) { return r.benchmark->name == name; });
  }

  // Never precise: each value is twice the one before.
  std::function<std::int64_t(const std::string&)> value_ = [this](const std::string&) {
    return std::int64_t{100} << (doublings_++ % 20);
  };
  std::function<void(const std::string&)> before_;
  nanoseconds time_{0}, cost_{1s};
  std::map<int, std::vector<std::string>> taken_;
  std::vector<std::string> order_;

 private:
  int doublings_ = 0;
  std::vector<Case> cases_;
  std::unique_ptr<Session> session_;
};

TEST_F(SessionOfMocks, TakesEachBenchmarkOnceAPass) {
  session(exactly(5)).run({});
  EXPECT_THAT(taken_, SizeIs(5));
  for (const auto& [pass, names] : taken_)
    EXPECT_THAT(names, ::testing::UnorderedElementsAre("a", "b", "c", "d")) << pass;
}

TEST_F(SessionOfMocks, DrawsAnotherOrderForEachPassAndTheSameForTheSameSeed) {
  SessionOptions options = exactly(10);
  options.seed = 7;
  session(options).run({});
  const auto first = std::exchange(order_, {});
  EXPECT_THAT(std::set(taken_.begin(), taken_.end()).size(), 10U);
  std::set<std::vector<std::string>> orders;
  for (const auto& [pass, names] : taken_) orders.insert(names);
  EXPECT_GT(orders.size(), 1U);
  session(options).run({});
  EXPECT_EQ(std::exchange(order_, {}), first);
  options.seed = 8;
  session(options).run({});
  EXPECT_NE(order_, first);
}

TEST_F(SessionOfMocks, LeavesOutWhatIsPreciseEnough) {
  SessionOptions options;
  options.least_passes = 1;
  options.most_passes = 12;
  value_ = [n = 0](const std::string& name) mutable {
    return name == "a" ? std::int64_t{1000} : std::int64_t{100} << (n++ % 20);
  };
  session(options).run({});
  EXPECT_TRUE(result("a").converged);
  EXPECT_THAT(result("a").samples, SizeIs(6));
  EXPECT_FALSE(result("b").converged);
  EXPECT_THAT(result("b").samples, SizeIs(12));
  for (int pass = 6; pass < 12; ++pass) EXPECT_THAT(taken_[pass], SizeIs(3));
}

TEST_F(SessionOfMocks, EndsWhenAllArePreciseEnough) {
  SessionOptions options;
  options.least_passes = 9;
  value_ = [](const std::string&) { return 1000; };
  Session& all = session(options);
  all.run({});
  EXPECT_EQ(all.passes(), 6);
  EXPECT_EQ(all.progress().finished, 4U);
  EXPECT_FALSE(all.interrupted());
}

TEST_F(SessionOfMocks, EndsInsideAPassWhenTheBudgetIsSpentAfterTheLeastPasses) {
  SessionOptions options;
  options.least_passes = 2;
  options.budget = 10s;
  session(options).run({});
  EXPECT_THAT(order_, SizeIs(10));
  EXPECT_EQ(time_, 10s);
}

TEST_F(SessionOfMocks, TakesTheLeastPassesThoughTheBudgetIsSpent) {
  SessionOptions options;
  options.least_passes = 3;
  options.budget = 1s;
  session(options).run({});
  EXPECT_THAT(order_, SizeIs(12));
}

TEST_F(SessionOfMocks, TakesNothingWithoutTimeOrPasses) {
  SessionOptions options;
  options.least_passes = 0;
  options.budget = 1ns;
  Session& none = session(options);
  time_ += 1s;
  none.run({});
  EXPECT_THAT(order_, IsEmpty());
  EXPECT_EQ(none.passes(), 0);
}

TEST_F(SessionOfMocks, RecordsAFailedCrewAndGoesOnWithTheOthers) {
  before_ = [this](const std::string& name) {
    if (name == "b" && taken_.size() == 2) throw CrewFailure("it fell over");
  };
  std::vector<std::string> told;
  SessionEvents events;
  events.after_sample = [&](const CaseResult& r) {
    if (r.failure) told.push_back(r.benchmark->name);
  };
  Session& all = session(exactly(4));
  all.run(events);
  EXPECT_EQ(result("b").failure, "it fell over");
  EXPECT_EQ(result("b").failed_pass, 1);
  EXPECT_THAT(result("b").samples, SizeIs(1));
  EXPECT_FALSE(result("b").converged);
  for (const char* name : {"a", "c", "d"}) EXPECT_THAT(result(name).samples, SizeIs(4));
  EXPECT_THAT(told, ElementsAre("b"));
  EXPECT_EQ(all.progress().finished, 1U);
}

TEST_F(SessionOfMocks, TellsWhatTheMachineHasNoRoomForFromAFailure) {
  Workload climbing, ordinary;
  ClimbsUntilRefused{}.describe(climbing);
  std::vector<Case> cases = test::cases_named({"a", "b"});
  cases[0].workload = &climbing;
  cases[1].workload = &ordinary;
  Session both(
      cases, exactly(2), [](const Case&, CaseResult&, int) { throw MachineRefused("too few"); },
      [this] { return time_; });
  both.run({});
  for (const CaseResult& refused : both.results()) EXPECT_EQ(refused.failure, "too few");
  EXPECT_TRUE(both.results()[0].refused);
  EXPECT_FALSE(both.results()[1].refused) << "its workload does not ask how far one gets";
}

TEST_F(SessionOfMocks, LetsOtherExceptionsPass) {
  before_ = [](const std::string&) { throw UsageError("no such place"); };
  EXPECT_THROW(session(exactly(1)).run({}), UsageError);
}

TEST_F(SessionOfMocks, KeepsItsSamplesWhenItIsInterrupted) {
  before_ = [this](const std::string&) {
    if (order_.size() == 6) set_pending_interruption(SIGINT);
  };
  int passes_told = 0;
  SessionEvents events;
  events.after_pass = [&] { ++passes_told; };
  Session& all = session(exactly(5));
  all.run(events);
  EXPECT_TRUE(all.interrupted());
  EXPECT_THAT(order_, SizeIs(6));
  std::size_t kept = 0;
  for (const CaseResult& r : all.results()) kept += r.samples.size();
  EXPECT_EQ(kept, 6U);
  EXPECT_EQ(passes_told, 2);
}

TEST_F(SessionOfMocks, BlamesNoCrewThatTheInterruptionEnded) {
  before_ = [](const std::string&) {
    set_pending_interruption(SIGTERM);
    throw CrewFailure("was killed by signal 15");
  };
  Session& all = session(exactly(5));
  all.run({});
  EXPECT_TRUE(all.interrupted());
  for (const CaseResult& r : all.results()) EXPECT_FALSE(r.failure.has_value());
}

TEST_F(SessionOfMocks, KeepsEverySampleAsItWas) {
  value_ = [n = 0](const std::string&) mutable { return std::int64_t{7} + n++; };
  session(exactly(3), {"only"}).run({});
  const auto& samples = result("only").samples;
  ASSERT_THAT(samples, SizeIs(3));
  for (std::size_t i = 0; i < samples.size(); ++i) {
    EXPECT_EQ(samples[i].pass, static_cast<int>(i));
    EXPECT_EQ(samples[i].wall, nanoseconds(10 * (7 + static_cast<std::int64_t>(i))));
  }
  EXPECT_EQ(result("only").median_ns(), 8);
}

TEST_F(SessionOfMocks, TellsHowFarItIs) {
  SessionOptions options = exactly(4);
  std::vector<SessionProgress> seen;
  SessionEvents events;
  Session& all = session(options);
  events.before_sample = [&](const CaseResult&) { seen.push_back(all.progress()); };
  all.run(events);
  ASSERT_THAT(seen, SizeIs(16));
  for (std::size_t i = 0; i < seen.size(); ++i) {
    EXPECT_EQ(seen[i].pass, static_cast<int>(i / 4) + 1);
    EXPECT_EQ(seen[i].done_in_pass, i % 4);
    EXPECT_EQ(seen[i].in_pass, 4U);
    EXPECT_EQ(seen[i].total, 4U);
    EXPECT_EQ(seen[i].elapsed, static_cast<int>(i) * 1s);
  }
  // From the second sample on it knows what one costs.
  for (std::size_t i = 1; i < seen.size(); ++i)
    EXPECT_EQ(seen[i].left, 16s - static_cast<int>(i) * 1s) << i;
}

TEST_F(SessionOfMocks, EstimatesByTheBudgetOnlyWhatMayStillBeTaken) {
  SessionOptions options = exactly(2);
  options.budget = 1h;
  std::vector<nanoseconds> left;
  SessionEvents events;
  Session& few = session(options);
  events.after_sample = [&](const CaseResult&) { left.push_back(few.progress().left); };
  few.run(events);
  EXPECT_THAT(left, ElementsAre(7s, 6s, 5s, 4s, 3s, 2s, 1s, 0s));

  options.most_passes = 1000;
  options.budget = 20s;
  time_ = 0s;
  left.clear();
  Session& many = session(options);
  events.after_sample = [&](const CaseResult&) { left.push_back(many.progress().left); };
  many.run(events);
  EXPECT_EQ(left.front(), 19s);
  EXPECT_EQ(left.back(), 0s);
}

TEST_F(SessionOfMocks, CountsAFailureAsDoneInItsPass) {
  before_ = [](const std::string&) { throw CrewFailure("always"); };
  Session& none = session(exactly(3));
  none.run({});
  EXPECT_EQ(none.passes(), 1);
  EXPECT_EQ(none.progress().done_in_pass, 4U);
  EXPECT_EQ(none.progress().finished, 4U);
}

TEST_F(SessionOfMocks, TakesWhatTheAnswerNeedsFirstOnceTimeIsShort) {
  auto names = std::vector<std::string>{"a", "b", "c", "d"};
  SessionOptions options;
  options.least_passes = 1;
  options.most_passes = 12;
  std::vector<Case> cases = test::cases_named(names);
  cases[1].comes_first = cases[3].comes_first = false;
  std::map<int, std::vector<std::string>> taken;
  Session all(
      cases, options,
      [&](const Case& c, CaseResult& result, int pass) {
        taken[pass].push_back(c.name);
        result.samples.push_back(test::sample_of(value_(c.name), pass));
      },
      [] { return 0s; });
  all.run({});
  for (int pass = 1; pass < 12; ++pass) {
    const std::set first(taken[pass].begin(), taken[pass].begin() + 2);
    EXPECT_EQ(first, (std::set<std::string>{"a", "c"})) << pass;
  }
}

TEST_F(SessionOfMocks, StopsAtALookOnly) {
  // Two values far from the others keep the first look's interval wide, and the second's not.
  value_ = [n = 0](const std::string&) mutable {
    ++n;
    return n == 3 || n == 8 ? 500 + n * 100 : 1000;
  };
  SessionOptions options;
  options.most_passes = 40;
  session(options, {"only"}).run({});
  EXPECT_TRUE(result("only").converged);
  EXPECT_THAT(result("only").samples, SizeIs(11));
}

}  // namespace
}  // namespace convoy
