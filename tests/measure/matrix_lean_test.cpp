// What a selection leaves out, so that there is time for the rest.
#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "harness/measure/case.hpp"
#include "tests/measure/selections.hpp"

namespace convoy {
namespace {

using test::names_of;
using test::narrow;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;

TEST(Expand, RunsTheBaselineOnceAWorkload) {
  Axes axes = narrow("^cpu_pi/");
  axes.models = {&find_model("single"), &find_model("threads")};
  axes.workers = {2, 4};
  EXPECT_THAT(names_of(expand(axes, 2)),
              ElementsAre("cpu_pi/model:single/gil:none/place:core.close/workers:1",
                          "cpu_pi/model:threads/gil:none/place:core.close/workers:2",
                          "cpu_pi/model:threads/gil:none/place:core.close/workers:4"));
  axes.models = {&find_model("single")};  // alone it is what was asked for
  EXPECT_THAT(names_of(expand(axes, 2)),
              ElementsAre("cpu_pi/model:single/gil:none/place:core.close/workers:2",
                          "cpu_pi/model:single/gil:none/place:core.close/workers:4"));
}

TEST(Expand, SelectsWhatAnyOfSeveralFiltersMatches) {
  Axes axes = narrow("^cpu_pi/");
  axes.filters.emplace_back("^cpu_sort/");
  EXPECT_THAT(names_of(expand(axes, 2)),
              ElementsAre("cpu_pi/model:threads/gil:none/place:core.close/workers:2",
                          "cpu_sort/model:threads/gil:none/place:core.close/workers:2"));
}

TEST(Expand, HasLessInTheQuickSuiteThanAPlainProgramOffers) {
  Axes axes;
  const auto quick = names_of(expand(axes, 4));
  axes.only_what_the_answer_needs = false;
  const auto all = names_of(expand(axes, 4));
  EXPECT_THAT(all, ::testing::IsSupersetOf(quick));
  EXPECT_LT(quick.size() * 10, all.size() * 7);
  EXPECT_THAT(all, Contains("cpu_pi/model:threads/gil:cpython32/place:core.close/workers:1"));
  EXPECT_THAT(quick,
              Not(Contains("cpu_pi/model:threads/gil:cpython32/place:core.close/workers:1")));
}

std::vector<std::string> rows_of(const std::string& workload, const Axes& axes) {
  auto names = names_of(expand(axes, 2));
  std::erase_if(names, [&](const std::string& name) { return !name.starts_with(workload + "/"); });
  return names;
}
std::vector<std::string> starts_in(const Axes& axes) { return rows_of("spawn", axes); }

TEST(Expand, TakesOfAnExperimentIntoTheQuickSuiteWhatItsAnswerTells) {
  const std::string one = "spawn/model:single/gil:none/place:core.close/workers:1";
  Axes axes;
  EXPECT_THAT(starts_in(axes), ElementsAre(one, one + "/how:coroutine", one + "/how:fork"));
  axes.suite = "smoke";
  EXPECT_THAT(starts_in(axes), ElementsAre());
  axes.suite = "full";
  EXPECT_GT(starts_in(axes).size(), 3U);
  axes.suite = "quick";
  axes.filters = {"^(spawn|cpu_pi)/"};
  EXPECT_GT(starts_in(axes).size(), 3U);
}

TEST(Expand, TakesNothingOfAnExperimentIntoAQuickSuiteOfOtherModelsOrLocks) {
  Axes axes;
  axes.models = {&find_model("threads"), &find_model("coroutines")};
  EXPECT_THAT(starts_in(axes), ElementsAre());
  axes.models = {};
  axes.gils = {parse_gil("cpython32")};
  EXPECT_THAT(starts_in(axes), ElementsAre());
  axes.gils = {};
  axes.settings = {parse_setting("spawn.how=vfork")};
  EXPECT_THAT(starts_in(axes),
              ElementsAre("spawn/model:single/gil:none/place:core.close/workers:1/how:vfork"));
}

TEST(Expand, TakesOfAnExperimentIntoTheQuickSuiteTheModelsAndWorkersThatItNames) {
  const std::string end = "/gil:none/place:core.close/workers:2";
  Axes axes;
  EXPECT_THAT(rows_of("queue_fifo", axes),
              ElementsAre("queue_fifo/model:coroutines" + end, "queue_fifo/model:processes" + end,
                          "queue_fifo/model:threads" + end));
  // Several times: not multiplied out.
  EXPECT_THAT(rows_of("pool_submit", axes),
              ElementsAre("pool_submit/model:processes" + end,
                          "pool_submit/model:processes" + end + "/how:spawn_process",
                          "pool_submit/model:threads" + end,
                          "pool_submit/model:threads" + end + "/how:spawn_thread"));
  axes.models = {&find_model("single"), &find_model("threads")};
  EXPECT_THAT(rows_of("queue_fifo", axes), ElementsAre("queue_fifo/model:threads" + end));
  axes.models = {};
  axes.suite = "smoke";
  EXPECT_THAT(rows_of("queue_fifo", axes), ElementsAre());
}

TEST(Expand, RunsAWorkloadUnderTheLocksThatItNames) {
  const auto locks_of = [](const std::string& workload) {
    Axes axes = narrow("^" + workload + "/");
    axes.suite = "full";
    axes.gils = {};
    std::set<std::string> locks;
    for (const Case& c : expand(axes, 2)) locks.insert(c.gil.policy->name);
    return locks;
  };
  EXPECT_THAT(locks_of("pool_submit"), ElementsAre("none"));
  EXPECT_THAT(locks_of("pool_map"), ElementsAre("cpython32", "none"));
  EXPECT_GT(locks_of("gil_race").size(), 2U);
}

TEST(Expand, NeverHasMoreNullThanHalfOfASelection) {
  for (const char* filter : {"^cpu_pi/", "^(cpu_pi|cpu_sort)/", "^io_", ""})
    for (const Suite& suite : suites()) {
      Axes axes;
      axes.suite = suite.name;
      if (*filter != '\0') axes.filters = {filter};
      const auto names = names_of(expand(axes, 2));
      const auto nulls = std::count_if(names.begin(), names.end(), [](const std::string& name) {
        return name.starts_with("null/");
      });
      EXPECT_LT(2 * static_cast<std::size_t>(nulls), names.size()) << filter << suite.name;
    }
}

}  // namespace
}  // namespace convoy
