// The echo workloads against the suite's own peer.
#include <gtest/gtest.h>

#include <system_error>

#include "harness/peer/peer.hpp"
#include "tests/loopback.hpp"
#include "tests/work/solo.hpp"

namespace convoy {
namespace {

using namespace std::chrono_literals;
using test::Solo;

struct Echo {
  Peer peer;
  Solo solo;

  Echo(const std::string& name, const test::Arguments& arguments, int workers,
       nanoseconds delay = 0ns)
      : peer(plan_of(name, workers, delay)), solo(name, arguments, workers, peer.address()) {}

  static PeerPlan plan_of(const std::string& name, int workers, nanoseconds delay) {
    PeerPlan plan;
    plan.transport = find_workload(name).peer;
    plan.workers = workers;
    plan.delay = delay;
    return plan;
  }
};

class EchoWorkload : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override { test::require_loopback(find_workload(GetParam()).peer); }
};
INSTANTIATE_TEST_SUITE_P(Io, EchoWorkload,
                         testing::Values("io_pipe", "io_tcp_echo", "io_udp_echo", "io_unix_echo"),
                         [](const auto& one) { return std::string(one.param); });

TEST_P(EchoWorkload, UsesItsBudgetUpAndAnswersTheSameTwice) {
  Echo echo(GetParam(), {}, 2);
  const auto answers = echo.solo.run(5);
  EXPECT_TRUE(echo.solo.finished());
  EXPECT_EQ(echo.solo.left(), 0U);
  EXPECT_NE(answers[0], answers[1]);
  EXPECT_EQ(echo.solo.run(5), answers);
  EXPECT_NE(echo.solo.run(6), answers);
}

TEST_P(EchoWorkload, GetsBackWhatItSent) {
  Echo echo(GetParam(), {{"bytes", "8"}}, 1);
  // A message of eight bytes is the operation's number.
  EXPECT_EQ(echo.solo.run(3).at(0), (test::Kept() << 0 << 1 << 2).checksum());
}

TEST_P(EchoWorkload, MovesMessagesThatNoBufferHolds) {
  const Workload& workload = find_workload(GetParam());
  const ParameterBase& bytes = *workload.parameters.at(workload.parameter_index("bytes"));
  const test::Arguments most{{"bytes", bytes.format(bytes.most())}};
  Echo echo(GetParam(), most, 1);
  EXPECT_EQ(echo.solo.run(3), echo.solo.run(3));
  EXPECT_EQ(echo.peer.stop(), "");
}

TEST_P(EchoWorkload, WaitsForASlowPeer) {
  Echo echo(GetParam(), {}, 1, 2ms);
  const nanoseconds before = now();
  echo.solo.run(2);
  EXPECT_GE(now() - before, 4ms);
}

TEST(EchoOverUdp, RefusesMoreDatagramsAtOnceThanThePeerHasRoomFor) {
  EXPECT_THROW(Echo("io_udp_echo", {}, 100'000), std::runtime_error);
}

TEST_P(EchoWorkload, SaysSoWhenThePeerIsGone) {
  if (find_workload(GetParam()).peer == Transport::pipe) GTEST_SKIP() << "a signal ends that one";
  Echo echo(GetParam(), {}, 1);
  echo.peer.stop();
  EXPECT_THROW(echo.solo.run(1), std::system_error);
}

}  // namespace
}  // namespace convoy
