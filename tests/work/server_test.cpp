// The server workload under every model: each request is answered, and counted once.
#include <gtest/gtest.h>

#include <system_error>

#include "harness/machine/topology.hpp"
#include "harness/measure/sampler.hpp"
#include "harness/work/workload.hpp"
#include "tests/loopback.hpp"

namespace convoy {
namespace {

using namespace std::chrono_literals;

class ServerWorkload : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { test::require_loopback(); }

  // One sample with so many operations a worker.
  static CaseResult sample(int workers, const std::vector<std::pair<std::string, std::string>>& set,
                           int carriers = 1) {
    const Workload& workload = find_workload("server_echo");
    Case c;
    c.workload = &workload;
    c.arguments = workload.initial_arguments();
    for (const auto& [name, value] : set) {
      const std::size_t index = workload.parameter_index(name);
      c.arguments[index] = workload.parameters[index]->parse(value, workload.name);
    }
    c.model = &find_model(GetParam());
    c.gil = parse_gil("none");
    c.workers = workers;
    c.carriers = carriers;
    c.peer = PeerPlace::none;
    c.settle();
    Sampler sampler(Topology::live(),
                    {.minimum_round = 1ms, .operations = 20, .yardsticks = false});
    CaseResult result;
    result.benchmark = &c;
    sampler.take(c, result, 0);
    result.benchmark = nullptr;
    return result;
  }
};

TEST_P(ServerWorkload, AnswersAClientForEachWorker) {
  const CaseResult result = sample(4, {});
  EXPECT_EQ(result.samples.front().operations, 80U);
  EXPECT_EQ(result.latency.count(), 80U);
}

TEST_P(ServerWorkload, AnswersMoreClientsThanWorkersInTurn) {
  const CaseResult result = sample(2, {{"clients", "5"}, {"session", "3"}});
  EXPECT_EQ(result.samples.front().operations, 40U);
  EXPECT_GT(result.latency.count(), 0U);
}

TEST_P(ServerWorkload, AnswersByTheClock) {
  const CaseResult result = sample(2, {{"rate", "20000"}, {"arrivals", "equal"}});
  EXPECT_EQ(result.samples.front().operations, 40U);
  EXPECT_GE(result.samples.front().wall, 1ms);  // 40 of them, 50 us apart
}

TEST_P(ServerWorkload, MovesLongMessages) {
  const CaseResult result = sample(2, {{"bytes", "1MiB"}});
  EXPECT_EQ(result.samples.front().operations, 40U);
}

TEST(ServerChannel, TellsAClientThatIsDoneFromOneThatIsGone) {
  ServerChannel channel;
  channel.answered = 3;
  channel.end_session(3);
  EXPECT_EQ(channel.answered, 0);
  channel.answered = 2;
  EXPECT_THROW(channel.end_session(3), std::system_error);
  EXPECT_THROW(channel.end_session(0), std::system_error);
}

INSTANTIATE_TEST_SUITE_P(Models, ServerWorkload,
                         testing::Values("single", "threads", "processes", "coroutines", "fibers"),
                         [](const auto& tested) { return tested.param; });

}  // namespace
}  // namespace convoy
