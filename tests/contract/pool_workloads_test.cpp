// What the benchmarks of pools report, and that they count every task.
#include <gmock/gmock.h>

#include <map>
#include <optional>

#include "tests/contract/crews.hpp"

namespace convoy::contract {
namespace {

using Given = std::map<std::string, std::string>;

// A figure of one round of so many operations each.
std::optional<double> figure_of(const std::string& name, const std::string& model, int workers,
                                const Given& given, const std::string& figure, int carriers = 1,
                                const std::string& gil = "none") {
  const Workload& workload = find_workload(name);
  CrewPlan plan = plan_of(workload, find_model(model), gil, workers, carriers);
  auto arguments = workload.initial_arguments();
  for (const auto& [parameter, text] : given) {
    const std::size_t where = workload.parameter_index(parameter);
    arguments[where] = workload.parameters[where]->parse(text, name);
  }
  plan.setup = Setup(workload, arguments, workers);
  constexpr int kOperations = 100;
  Host host(plan);
  host.run_round(kOperations, kPatience);
  const RoundReport report = host.run_round(kOperations, kPatience);
  host.stop(kPatience);
  for (std::size_t i = 0; i < workload.figures.size(); ++i)
    if (workload.figures[i]->name == figure)
      return report.figures.at(i).combined(workload.figures[i]->combine,
                                           kOperations * static_cast<double>(workers), 1);
  return {};
}

const std::vector<std::string>& ways() {
  return find_workload("pool_submit").parameters[0]->choices();
}

TEST(PoolWorkloads, HaveEveryTaskDoneOnceHoweverThatIs) {
  for (const std::string& how : ways())
    for (const std::string model : {"threads", "processes", "coroutines"})
      for (const int workers : {1, 2, 3}) {
        SCOPED_TRACE(testing::Message() << how << " " << model << " " << workers);
        const Given given{{"how", how}, {"task", "2us"}};
        EXPECT_EQ(figure_of("pool_submit", model, workers, given, "tasks"), 1);
      }
}

TEST(PoolWorkloads, KeepAsManyAliveAsTheyShould) {
  const auto alive = [](const std::string& how) {
    return figure_of("pool_submit", "threads", 3, {{"how", how}}, "peak_alive");
  };
  EXPECT_EQ(alive("pool"), 2);
  EXPECT_EQ(alive("spawn_thread"), 2);
  EXPECT_EQ(alive("spawn_process"), 2);
  EXPECT_EQ(alive("spawn_coroutine"), 2);
  EXPECT_EQ(alive("semaphore"), 64);
}

TEST(PoolWorkloads, TellCallbacksOfFailuresAndResultsAlike) {
  for (const std::string model : {"threads", "processes", "coroutines"})
    for (const std::string gil : {"none", "cpython32"})
      for (const int workers : {1, 4}) {
        SCOPED_TRACE(testing::Message() << model << " " << gil << " " << workers);
        const auto failures = [&](const char* every) {
          return figure_of("pool_callback", model, workers, {{"fail_every", every}}, "failures", 1,
                           gil);
        };
        EXPECT_EQ(failures("0"), 0);
        EXPECT_EQ(failures("4"), 0.25);
        EXPECT_EQ(failures("1"), 1);
      }
}

TEST(PoolWorkloads, MapEveryNumberWhateverTheChunk) {
  for (const std::string model : {"threads", "processes", "coroutines"})
    for (const int workers : {1, 3})
      for (const char* chunk : {"1", "64", "5000"}) {
        SCOPED_TRACE(testing::Message() << model << " " << workers << " " << chunk);
        const Given given{{"chunk", chunk}, {"count", "70"}};
        const auto jain = figure_of("pool_map", model, workers, given, "jain");
        ASSERT_TRUE(jain);
        EXPECT_THAT(*jain, testing::AllOf(testing::Gt(0.3), testing::Le(1.0)));
      }
}

TEST(PoolWorkloads, RunOnSeveralEventLoops) {
  for (const std::string name : {"pool_submit", "pool_map", "pool_callback"})
    EXPECT_NE(figure_of(name, "coroutines", 4, {},
                        name == "pool_submit" ? "tasks"
                        : name == "pool_map"  ? "jain"
                                              : "failures",
                        2),
              std::nullopt)
        << name;
}

}  // namespace
}  // namespace convoy::contract
