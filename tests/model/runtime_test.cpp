// Programs that do workloads' jobs: scripts of the tests' own that keep to the protocol, or do not.
#include "harness/model/runtime.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "harness/base/check.hpp"
#include "harness/machine/topology.hpp"
#include "harness/measure/sampler.hpp"
#include "harness/work/workload.hpp"
#include "tests/folder.hpp"
#include "tests/loopback.hpp"

namespace convoy {
namespace {

using namespace std::chrono_literals;

constexpr const char* kDescription =
    "echo version Script 1\necho about A script\necho workload fanout_sleep wait\n"
    "echo workload server_echo bytes";

class Runtimes : public testing::Test {
 protected:
  void SetUp() override { ::setenv("CONVOY_RUNTIMES", folder_.path().c_str(), 1); }
  void TearDown() override { ::unsetenv("CONVOY_RUNTIMES"); }

  // A shell script: what it says of itself, and what it does when it is run.
  void program(const std::string& name, const std::string& description, const std::string& run) {
    const std::string path = folder_.path() / name;
    std::ofstream(path) << "#!/bin/sh\nif [ \"$1\" = describe ]; then\n"
                        << description << "\nexit $?\nfi\n"
                        << run << "\n";
    ::chmod(path.c_str(), 0755);
  }
  // One that does each round at once, and says that it did `factor` times as much as it was told.
  void honest(const std::string& name, const std::string& factor = "1") {
    program(name, kDescription,
            "for word; do case $word in workers=*) workers=${word#workers=};; esac; done\n"
            "echo made\nwhile read -r word number; do\n"
            "case $word in round) n=$number; echo ready;; go) echo done $((n * workers * " +
                factor + "));; esac\ndone");
  }
  CaseResult sample(const std::string& name, const std::string& workload = "fanout_sleep") {
    Case c;
    c.workload = &find_workload(workload);
    c.arguments = c.workload->initial_arguments();
    c.model = find_runtimes({name}).front();
    c.gil = parse_gil("none");
    c.workers = 3;
    if (c.workload->peer != Transport::none) c.peer = PeerPlace::none;
    c.settle();
    Sampler sampler(Topology::live(),
                    {.round_limit = limit_, .operations = 5, .yardsticks = false});
    CaseResult result;
    result.benchmark = &c;
    sampler.take(c, result, 0);
    result.benchmark = nullptr;
    return result;
  }
  std::string failure(const std::string& name) {
    try {
      sample(name);
    } catch (const CrewFailure& error) {
      return error.what();
    }
    return "it did not fail";
  }

  test::Folder folder_;
  nanoseconds limit_ = 60s;
};

std::string complaint(const std::string& name) {
  try {
    find_runtimes({name});
  } catch (const UsageError& error) {
    return error.what();
  }
  return "there is one";
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_F(Runtimes, DescribeThemselves) {
  honest("script");
  const Model& model = *find_runtimes({"script"}).front();
  EXPECT_EQ(model.name, "script");
  EXPECT_EQ(model.runtime->version, "Script 1");
  EXPECT_EQ(model.description, "A script");
  ASSERT_NE(model.runtime->job_of("fanout_sleep"), nullptr);
  EXPECT_EQ(model.runtime->job_of("fanout_sleep")->parameters, std::vector<std::string>{"wait"});
  EXPECT_EQ(model.runtime->job_of("cpu_pi"), nullptr);
  EXPECT_EQ(&model, find_runtimes({"script"}).front());
}

TEST_F(Runtimes, AllAreThoseThatCanRun) {
  honest("one");
  honest("two");
  program("broken", "echo it needs something >&2; false", "true");
  EXPECT_EQ(find_runtimes({"all"}).size(), 2U);
  EXPECT_TRUE(holds(complaint("broken"), "it needs something"));
}

TEST_F(Runtimes, AnUnknownOneIsToldWithThoseThereAre) {
  EXPECT_TRUE(holds(complaint("one"), "make runtimes"));
  honest("asio");
  EXPECT_TRUE(holds(complaint("asoi"), "did you mean asio"));
}

TEST_F(Runtimes, AreOfferedWhatTheyHeedWithoutALock) {
  honest("script");
  Axes axes;
  axes.suite = "full";
  axes.runtimes = find_runtimes({"script"});
  axes.models = {&find_model("coroutines")};
  axes.workers = {2};
  axes.filters = {"runtime:"};
  axes.settings = {parse_setting("fanout_sleep.wait=1ms,2ms"),
                   parse_setting("server_echo.cpu=0ns,1us")};
  std::vector<std::string> names;
  for (const Case& c : expand(axes, 2)) names.push_back(c.name);
  EXPECT_EQ(names, (std::vector<std::string>{
                       "fanout_sleep/runtime:script/place:core.close/workers:2/wait:1ms",
                       "fanout_sleep/runtime:script/place:core.close/workers:2/wait:2ms",
                       "server_echo/runtime:script/place:core.close/peer:other/workers:2",
                       "server_echo/runtime:script/place:core.close/peer:same/workers:2"}));
}

TEST_F(Runtimes, DoTheRoundsTheyAreTold) {
  honest("script");
  const CaseResult result = sample("script");
  ASSERT_EQ(result.samples.size(), 1U);
  EXPECT_EQ(result.samples.front().operations, 15U);
  EXPECT_GT(result.samples.front().wall.count(), 0);
  EXPECT_FALSE(result.checksum);
}

TEST_F(Runtimes, FailWithAWrongNumberOfOperations) {
  honest("liar", "2");
  EXPECT_TRUE(holds(failure("liar"), "wrong answer")) << failure("liar");
}

TEST_F(Runtimes, FailWithTheirLastWords) {
  program("dying", kDescription, "echo made; read -r word; echo 'no more memory' >&2; exit 3");
  EXPECT_TRUE(holds(failure("dying"), "dying ended with status 3: no more memory"))
      << failure("dying");
  program("killed", kDescription, "echo made; read -r word; kill -9 $$");
  EXPECT_TRUE(holds(failure("killed"), "killed was killed by signal 9")) << failure("killed");
  program("rude", kDescription, "echo hello; read -r word");
  EXPECT_TRUE(holds(failure("rude"), "rude said 'hello' where 'made' was expected"))
      << failure("rude");
}

TEST_F(Runtimes, ThatHangAreEndedAtTheLimit) {
  limit_ = 100ms;
  program("hanging", kDescription, "echo made; read -r word; echo ready; exec sleep 1000");
  EXPECT_TRUE(holds(failure("hanging"), "did not finish within its limit")) << failure("hanging");
}

}  // namespace
}  // namespace convoy
