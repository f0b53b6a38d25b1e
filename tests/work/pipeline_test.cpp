// Pipelines: nothing is lost whatever the model and however many workers, and a file that cannot be
// written ends all stages.
#include <gmock/gmock.h>

#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <string>
#include <vector>

#include "tests/contract/sync_ways.hpp"
#include "tests/work/solo.hpp"

namespace convoy::contract {
namespace {

using test::Arguments;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Pipelines : public Sync {
 protected:
  CrewPlan planned(const std::string& name, const Arguments& given, int workers) const {
    CrewPlan made = plan(find_workload(name), workers);
    made.setup =
        convoy::Setup(find_workload(name), test::resolve(find_workload(name), given), workers);
    return made;
  }
  // How many are lost in two rounds, or -1 and a failure of the test.
  static double lost(const CrewPlan& crew, std::uint64_t operations) {
    const auto& figures = crew.setup.workload().figures;
    double sum = 0;
    try {
      Host host(crew);
      for (int round = 0; round < 2; ++round) {
        const RoundReport report = host.run_round(operations, kPatience);
        for (std::size_t i = 0; i < figures.size(); ++i)
          if (std::string_view(figures[i]->name) == "lost") sum += report.figures[i].sum;
      }
      host.stop(kPatience);
    } catch (const CrewFailure& failure) {
      ADD_FAILURE() << failure.what();
      return -1;
    }
    return sum;
  }
};
INSTANTIATE_TEST_SUITE_P(Ways, Pipelines, testing::ValuesIn(ways()), name_of_way);

TEST_P(Pipelines, GiveEveryItemOfABurstToAConsumer) {
  for (const char* through : {"queue", "slot"})
    for (const int workers : {1, 2, 3, 6}) {
      const Arguments given{
          {"through", through}, {"burst", "5"}, {"capacity", "3"}, {"work", "1us"}};
      EXPECT_EQ(lost(planned("pipeline_bursty", given, workers), 13), 0)
          << through << ", " << workers;
    }
}

// The text begins anew several times in a round, and ends in the middle.
TEST_P(Pipelines, WriteEveryLineOfATextInItsPlace) {
  for (const char* block : {"128", "4KiB"})
    for (const int workers : {1, 2, 3, 6}) {
      const Arguments given{{"lines", "17"}, {"block", block}, {"capacity", "2"}};
      EXPECT_EQ(lost(planned("pipeline_stages", given, workers), 41), 0)
          << block << ", " << workers;
    }
}

TEST_P(Pipelines, CopeWithATextOfOneLine) {
  EXPECT_EQ(lost(planned("pipeline_stages", {{"lines", "1"}}, 3), 5), 0);
}

// Forbids all that this process has started, and they have, to write to files.
void forbid_writing(const std::string& task) {
  std::ifstream children("/proc/" + task + "/children");
  for (pid_t pid = 0; children >> pid;) {
    const rlimit none{0, 0};
    ASSERT_EQ(::prlimit(pid, RLIMIT_FSIZE, &none, nullptr), 0);
    forbid_writing(std::to_string(pid) + "/task/" + std::to_string(pid));
  }
}

TEST_P(Pipelines, EndWithTheReasonWhereAFileCannotBeWritten) {
  const std::string self = std::to_string(::getpid());
  if (!std::ifstream("/proc/" + self + "/task/" + self + "/children"))
    GTEST_SKIP() << "this kernel does not list children";
  const auto before = std::signal(SIGXFSZ, SIG_IGN);
  for (const int workers : {1, 2, 3, 6}) {
    const CrewPlan crew = planned("pipeline_stages", {{"lines", "50"}, {"capacity", "2"}}, workers);
    std::string told;
    try {
      Host host(crew);
      host.run_round(30, kPatience);
      forbid_writing(self + "/task/" + self);
      host.run_round(30, kPatience);
      host.stop(kPatience);
    } catch (const CrewFailure& failure) {
      told = failure.what();
    }
    EXPECT_THAT(told, AllOf(HasSubstr("File too large"), HasSubstr("set CONVOY_SCRATCH"),
                            Not(HasSubstr("closed"))))
        << workers;
  }
  std::signal(SIGXFSZ, before);
}

TEST_P(Pipelines, SayWhatToDoWhereThereIsNoFolderForTheirFiles) {
  ::setenv("CONVOY_SCRATCH", "/proc", 1);
  const std::string told = failure_of(planned("pipeline_stages", {}, 3));
  ::unsetenv("CONVOY_SCRATCH");
  EXPECT_THAT(told, HasSubstr("set CONVOY_SCRATCH to a writable folder; tried /proc"));
}

}  // namespace
}  // namespace convoy::contract
