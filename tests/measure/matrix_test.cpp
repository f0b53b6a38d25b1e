// Which benchmarks a selection holds.
// lint: long because every rule of the selection has its test here
#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "harness/base/check.hpp"
#include "harness/measure/case.hpp"
#include "tests/measure/selections.hpp"

namespace convoy {
namespace {

using test::names_of;
using test::narrow;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

std::vector<Case> whole(const std::string& suite, int cpus) {
  Axes axes;
  axes.suite = suite;
  return expand(axes, cpus);
}

std::string complaint_of(const Axes& axes) {
  try {
    expand(axes, 2);
  } catch (const UsageError& error) {
    return error.what();
  }
  return {};
}

TEST(NameOf, SaysTheAxesAndWhatDiffersFromTheDefaults) {
  Case c;
  c.workload = &find_workload("io_tcp_echo");
  c.arguments = c.workload->initial_arguments();
  c.model = &find_model("coroutines");
  c.gil = parse_gil("cpython32:interval=1ms");
  c.workers = 16;
  c.peer = PeerPlace::other;
  EXPECT_EQ(name_of(c),
            "io_tcp_echo/model:coroutines/gil:cpython32:interval=1ms/place:core.close/peer:other/"
            "workers:16");
  c.carriers = 2;
  c.engine = Engine::epoll;
  c.arguments[0] = 1024;
  EXPECT_THAT(name_of(c), HasSubstr("/workers:16/carriers:2/engine:epoll/bytes:1KiB"));
  c.engine = Engine::io_uring;
  EXPECT_THAT(name_of(c), HasSubstr("/engine:io_uring"));
}

TEST(Expand, RunsExperimentsOnlyWhenAskedTo) {
  const auto holds_experiments = [](const Axes& axes) {
    const auto cases = expand(axes, 2);
    return std::any_of(cases.begin(), cases.end(), [](const Case& c) {
      return c.workload->is_experiment && c.workload->in_quick.empty();
    });
  };
  Axes axes;
  for (const auto& [suite, held] :
       {std::pair("smoke", false), std::pair("quick", false), std::pair("full", true)}) {
    axes.suite = suite;
    EXPECT_EQ(holds_experiments(axes), held) << suite;
  }
  axes.suite = "quick";
  for (const char* filter : {"^gil_", "^mem_"}) {
    axes.filters = {filter};
    EXPECT_TRUE(holds_experiments(axes)) << filter;
  }
}

std::set<std::string> ways_of(const Axes& axes) {
  std::set<std::string> ways;
  for (const Case& c : expand(axes, 2))
    ways.insert(c.workload->parameters[0]->format(c.arguments[0]));
  return ways;
}

TEST(Expand, TakesMoreValuesOfAParameterTheLongerTheSuite) {
  const Workload& spawn = find_workload("spawn");
  const auto& usual = spawn.usual_values.at(0);
  ASSERT_EQ(&usual.parameter, spawn.parameters[0]);
  ASSERT_LT(usual.values.size(), usual.parameter.choices().size());
  Axes axes = narrow("^spawn/");
  EXPECT_THAT(ways_of(axes), ::testing::UnorderedElementsAreArray(usual.values));
  axes.suite = "smoke";
  EXPECT_THAT(ways_of(axes), ElementsAre(usual.values[0]));
  axes.suite = "full";
  EXPECT_THAT(ways_of(axes), ::testing::UnorderedElementsAreArray(usual.parameter.choices()));
}

TEST(Expand, PrefersTheUsersValuesToTheSuites) {
  for (const Suite& suite : suites()) {
    Axes axes = narrow("^spawn/");
    axes.suite = suite.name;
    axes.settings = {parse_setting("spawn.how=vfork,clone3")};
    EXPECT_THAT(ways_of(axes), UnorderedElementsAre("vfork", "clone3")) << suite.name;
  }
}

TEST(Expand, GivesBackgroundWorkersSeatsButTheirOverheadNone) {
  Axes axes = narrow("^gil_reacquire/model:threads");
  axes.workers = {};
  axes.settings = {parse_setting("gil_reacquire.spinners=3")};
  const Case c = expand(axes, 2).at(0);
  EXPECT_EQ(c.workers, 1);
  EXPECT_EQ(c.seats(), 4);
  EXPECT_EQ(c.placement.seats, 4);
  const Case null = c.with_workload(find_workload("null"));
  EXPECT_EQ(null.seats(), 1);
  EXPECT_EQ(null.placement.seats, 1);
}

TEST(Case, IsGivenAnotherWorkloadInTheSameSurroundings) {
  const Case c = expand(narrow("^io_tcp_echo/"), 2).at(0);
  const Case null = c.with_workload(find_workload("null"));
  EXPECT_EQ(null.name, "null/model:threads/gil:none/place:core.close/workers:2");
  EXPECT_TRUE(null.arguments.empty());
  EXPECT_FALSE(null.peer.has_value());
  EXPECT_EQ(c.with_model(find_model("single")).name,
            "io_tcp_echo/model:single/gil:none/place:core.close/peer:same/workers:2");
}

TEST(Case, KeepsUnderAnotherModelOnlyWhatThatHas) {
  Axes axes = narrow("^io_sleep/");
  axes.models = {&find_model("coroutines")};
  axes.workers = {4};
  axes.carriers = {2};
  axes.engine = Engine::epoll;
  const Case c = expand(axes, 2).at(0);
  EXPECT_EQ(c.placement.seats, 2);
  const Case threads = c.with_model(find_model("threads"));
  EXPECT_EQ(threads.placement.seats, 4);
  EXPECT_EQ(threads.name, "io_sleep/model:threads/gil:none/place:core.close/workers:4");
  EXPECT_EQ(c.with_model(find_model("single")).placement.seats, 1);
}

TEST(Expand, MultipliesTheAxesOut) {
  Axes axes = narrow("^cpu_pi/");
  axes.models = {&find_model("threads"), &find_model("processes")};
  axes.gils = {parse_gil("none"), parse_gil("cpython32")};
  axes.workers = {1, 2, 4};
  const auto cases = expand(axes, 2);
  EXPECT_EQ(cases.size(), 2U * 2 * 3);
  const auto names = names_of(cases);
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  EXPECT_EQ(std::set(names.begin(), names.end()).size(), names.size());
  for (const Case& c : cases) {
    EXPECT_EQ(c.name, name_of(c));
    EXPECT_EQ(c.placement.seats, c.workers);
  }
}

TEST(Expand, GivesCarriersAndEnginesToLoopedModelsOnly) {
  Axes axes = narrow("^cpu_pi/");
  axes.models = {&find_model("threads"), &find_model("coroutines")};
  axes.carriers = {1, 2};
  axes.engine = Engine::epoll;
  EXPECT_THAT(names_of(expand(axes, 2)),
              UnorderedElementsAre(
                  "cpu_pi/model:threads/gil:none/place:core.close/workers:2",
                  "cpu_pi/model:coroutines/gil:none/place:core.close/workers:2/engine:epoll",
                  "cpu_pi/model:coroutines/gil:none/place:core.close/workers:2/carriers:2/"
                  "engine:epoll"));
  for (const Case& c : expand(axes, 2)) EXPECT_EQ(c.placement.seats, c.seats());
}

TEST(Expand, GivesSizesOfStacksToFibersOnly) {
  Axes axes = narrow("^cpu_pi/");
  axes.models = {&find_model("coroutines"), &find_model("fibers")};
  axes.fiber_stacks = {FiberStackSize::kLeast, FiberStackSize::kUsual};
  EXPECT_THAT(names_of(expand(axes, 2)),
              UnorderedElementsAre("cpu_pi/model:coroutines/gil:none/place:core.close/workers:2",
                                   "cpu_pi/model:fibers/gil:none/place:core.close/workers:2",
                                   "cpu_pi/model:fibers/gil:none/place:core.close/workers:2/"
                                   "stack:16KiB"));
}

TEST(Expand, LeavesModelsToTheFullSuiteThatNobodyAskedFor) {
  const auto holds_fibers = [](const Axes& axes) {
    const auto cases = expand(axes, 2);
    return std::any_of(cases.begin(), cases.end(),
                       [](const Case& c) { return c.model->name == "fibers"; });
  };
  Axes axes;
  for (const auto& [suite, held] :
       {std::pair("smoke", false), std::pair("quick", false), std::pair("full", true)}) {
    axes.suite = suite;
    EXPECT_EQ(holds_fibers(axes), held) << suite;
  }
  axes.suite = "quick";
  axes.filters = {"^cpu_pi/"};
  EXPECT_TRUE(holds_fibers(axes));
  axes.filters = {};
  Axes plain;
  plain.only_what_the_answer_needs = false;
  EXPECT_TRUE(holds_fibers(plain)) << "a plain program is asked by name";
  axes.models = {&find_model("fibers")};
  EXPECT_TRUE(holds_fibers(axes));
}

TEST(Expand, GivesPeersToWorkloadsThatHaveOne) {
  Axes axes = narrow("^(io_tcp_echo|io_sleep)/");
  axes.peers = {PeerPlace::same, PeerPlace::none};
  EXPECT_THAT(
      names_of(expand(axes, 2)),
      ElementsAre("io_sleep/model:threads/gil:none/place:core.close/workers:2",
                  "io_tcp_echo/model:threads/gil:none/place:core.close/peer:none/workers:2",
                  "io_tcp_echo/model:threads/gil:none/place:core.close/peer:same/workers:2"));
}

TEST(Expand, CombinesTheValuesOfParameters) {
  Axes axes = narrow("^io_tcp_echo/");
  axes.settings = {parse_setting("io_tcp_echo.bytes=64,1KiB"),
                   parse_setting("io_tcp_echo.delay=1ms,2ms")};
  const auto cases = expand(axes, 2);
  EXPECT_EQ(cases.size(), 4U);
  EXPECT_THAT(names_of(cases), Contains(HasSubstr("/workers:2/bytes:1KiB/delay:2ms")));
  EXPECT_THAT(names_of(cases), Contains(HasSubstr("/workers:2/delay:1ms")));  // 64 is the default
}

TEST(Expand, LeavesOutModelsAWorkloadDoesNotOffer) {
  for (const Case& c : whole("full", 4)) EXPECT_TRUE(offers(*c.workload, *c.model)) << c.name;
}

TEST(Expand, AddsTheNullWorkloadInSurroundingsThatSeveralShare) {
  Axes axes = narrow("^(cpu_pi|io_tcp_echo)/");
  axes.with_overhead = true;
  axes.workers = {1, 2};
  EXPECT_THAT(names_of(expand(axes, 2)),
              ElementsAre("cpu_pi/model:threads/gil:none/place:core.close/workers:1",
                          "cpu_pi/model:threads/gil:none/place:core.close/workers:2",
                          "io_tcp_echo/model:threads/gil:none/place:core.close/peer:same/workers:1",
                          "io_tcp_echo/model:threads/gil:none/place:core.close/peer:same/workers:2",
                          "null/model:threads/gil:none/place:core.close/workers:1",
                          "null/model:threads/gil:none/place:core.close/workers:2"));
}

TEST(Expand, RemovesWhatIsSelectedTwice) {
  Axes axes = narrow("^cpu_pi/");
  axes.workers = {2, 2};
  axes.gils = {parse_gil("none"), parse_gil("none")};
  EXPECT_EQ(expand(axes, 2).size(), 1U);
}

TEST(Expand, KnowsEverySuite) {
  for (const Suite& suite : suites()) {
    SCOPED_TRACE(suite.name);
    EXPECT_FALSE(suite.description.empty());
    const auto names = names_of(whole(suite.name, 2));
    for (const Workload& workload : workloads())
      if (workload.target && workload.target.is_needed) {
        EXPECT_THAT(names, Not(Contains(StartsWith(workload.name + "/")))) << workload.name;
      } else if (suite.name == "full" || !workload.is_experiment) {
        EXPECT_THAT(names, Contains(HasSubstr(workload.name + "/"))) << workload.name;
      }
    for (const Model& model : models())
      if (suite.name == "full" || model.in_quick) {
        EXPECT_THAT(names, Contains(HasSubstr("/model:" + model.name + "/")));
      }
  }
  EXPECT_LT(whole("smoke", 2).size(), whole("quick", 2).size());
  EXPECT_LT(whole("quick", 2).size(), whole("full", 2).size());
}

// Of those that are linked in.
const Workload* some_that_needs_a_target() {
  const auto& all = workloads();
  const auto found = std::find_if(all.begin(), all.end(), [](const Workload& workload) {
    return workload.target && workload.target.is_needed;
  });
  return found == all.end() ? nullptr : &*found;
}

TEST(Select, SkipsWhatNeedsATargetAndHasNone) {
  const Workload* const workload = some_that_needs_a_target();
  if (workload == nullptr) GTEST_SKIP() << "no client library was there when this was built";
  Axes axes = narrow("^(" + workload->name + "|io_sleep)/");
  Selection selection = select(axes, 2);
  EXPECT_THAT(selection.skipped, ElementsAre(workload));
  EXPECT_THAT(names_of(selection.cases), Each(StartsWith("io_sleep/")));
  axes.filters = {"^" + workload->name + "/"};
  EXPECT_THROW(expand(axes, 2), Skipped);
  EXPECT_THAT(select(axes, 2).cases, testing::IsEmpty());
  EXPECT_THAT(skipped_in_words(*workload), HasSubstr(workload->target.start));
}

TEST(Select, NamesWhatTalksToATargetAfterAnotherPlaceOfThePeer) {
  const Workload* const workload = some_that_needs_a_target();
  if (workload == nullptr) GTEST_SKIP() << "no client library was there when this was built";
  Axes axes = narrow("^" + workload->name + "/");
  axes.targets = {parse_target_setting(workload->name + "=127.0.0.1:1")};
  axes.peers = {PeerPlace::same, PeerPlace::other};
  const std::vector<Case> cases = expand(axes, 2);
  ASSERT_EQ(cases.size(), 1U);
  EXPECT_THAT(cases.front().name, HasSubstr("/peer:external/workers:2"));
  EXPECT_EQ(cases.front().target, "127.0.0.1:1");
  const Case echo = cases.front().with_workload(find_workload("io_tcp_echo"));
  EXPECT_EQ(echo.target, "");
  EXPECT_EQ(echo.peer, PeerPlace::same);
}

TEST(Expand, LeavesOutWhatWouldNeverEndUnlessItIsNamed) {
  EXPECT_THAT(names_of(whole("full", 2)), Not(Contains(HasSubstr("gil_reacquire/model:threads/"
                                                                 "gil:mutex/"))));
  Axes axes = narrow("^gil_reacquire/");
  axes.gils = {parse_gil("mutex")};
  EXPECT_THAT(names_of(expand(axes, 2)), Contains(HasSubstr("/gil:mutex/")));
  const auto meets_at_ticks =
      AllOf(HasSubstr("race_counter/model:threads/"), HasSubstr("gil:ruby_delayed/"));
  EXPECT_THAT(names_of(whole("full", 2)), Not(Contains(meets_at_ticks)));
  axes = narrow("^race_counter/");
  axes.gils = {parse_gil("ruby_delayed")};
  EXPECT_THAT(names_of(expand(axes, 2)), Contains(meets_at_ticks));
}

TEST(Expand, TakesFewLocksWhereTheySayTheSame) {
  const auto names = names_of(whole("full", 2));
  EXPECT_THAT(names, Contains(AllOf(HasSubstr("spawn/"), HasSubstr("gil:cpython32/"))));
  EXPECT_THAT(names, Not(Contains(AllOf(StartsWith("spawn/"), HasSubstr("gil:ruby_mn/")))));
  EXPECT_THAT(names, Contains(AllOf(StartsWith("race_counter/"), HasSubstr("gil:ruby_mn/"))));
}

TEST(Expand, NamesAreOneRegularBenchmarkEach) {
  const auto names = names_of(whole("full", 4));
  EXPECT_THAT(names, Each(Not(HasSubstr(" "))));
  EXPECT_EQ(std::set(names.begin(), names.end()).size(), names.size());
}

TEST(Expand, SaysWhatIsWrong) {
  EXPECT_THAT(complaint_of(narrow("no_such_thing")),
              HasSubstr("no benchmark matches --filter 'no_such_thing'"));
  EXPECT_THAT(complaint_of(narrow("(")), HasSubstr("--filter '(' is not a regular expression"));
  Axes axes = narrow("");
  axes.workers = {0};
  EXPECT_THAT(complaint_of(axes), HasSubstr("--workers 0: write a number from 1 to "));
  axes = narrow("");
  axes.carriers = {-1};
  EXPECT_THAT(complaint_of(axes), HasSubstr("--carriers -1: write a number from 1 to "));
  axes = narrow("");
  axes.suite = "slow";
  EXPECT_THAT(complaint_of(axes), HasSubstr("unknown suite 'slow'"));
  for (const auto& [setting, complaint] : {std::pair{"io_slep.wait=1ms", "did you mean io_sleep?"},
                                           {"io_sleep.wait_for=1ms", "has no parameter 'wait_for'"},
                                           {"io_sleep.wait=long", "io_sleep"},
                                           {"null.n=1", "has no parameters"}}) {
    axes = narrow("");
    axes.settings = {parse_setting(setting)};
    EXPECT_THAT(complaint_of(axes), HasSubstr(complaint)) << setting;
  }
}

TEST(ParseSetting, ReadsWorkloadParameterAndValues) {
  const ParameterSetting setting = parse_setting("io_sleep.wait=1ms,2.5ms");
  EXPECT_EQ(setting.workload, "io_sleep");
  EXPECT_EQ(setting.parameter, "wait");
  EXPECT_THAT(setting.values, ElementsAre("1ms", "2.5ms"));
  for (const char* wrong : {"", "wait=1ms", "io_sleep.wait", "wait=1.5"})
    EXPECT_THROW(parse_setting(wrong), UsageError) << wrong;
}

TEST(PeerPlace, IsReadAndWritten) {
  for (const char* word : {"same", "other", "none"})
    EXPECT_STREQ(text_of(parse_peer_place(word)), word);
  for (const char* word : {"near", "external"}) EXPECT_THROW(parse_peer_place(word), UsageError);
}

TEST(AllowedCpuCount, IsAtLeastOne) { EXPECT_GE(allowed_cpu_count(), 1); }

}  // namespace
}  // namespace convoy
