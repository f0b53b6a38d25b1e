// Peers that do not start in time, or not at all because somebody asked to stop.
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <stdexcept>

#include "harness/base/interruption.hpp"
#include "harness/peer/peer.hpp"

namespace convoy {
namespace {

using ::testing::HasSubstr;

std::string refusal(const PeerPlan& plan) {
  try {
    const Peer peer(plan);
    return "it started";
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
    EXPECT_EQ(errno, ECHILD);
    return error.what();
  }
}

TEST(PeerStart, HasALimit) {
  PeerPlan plan;
  plan.start_limit = nanoseconds(0);
  EXPECT_THAT(refusal(plan), HasSubstr("did not start within its limit"));
}

TEST(PeerStart, IsInterruptedByWhatCameBefore) {
  set_pending_interruption(SIGINT);
  const std::string said = refusal(PeerPlan{});
  set_pending_interruption(0);
  EXPECT_THAT(said, HasSubstr("interrupted"));
}

}  // namespace
}  // namespace convoy
