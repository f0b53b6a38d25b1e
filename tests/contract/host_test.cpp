// A host that has failed: it signals nobody any more.
#include <gmock/gmock.h>

#include <stdexcept>

#include "tests/contract/crews.hpp"
#include "tests/internal_error.hpp"

namespace convoy::contract {
namespace {

Task throw_at_once(Worker& worker) {
  while (worker.next()) throw std::runtime_error("on purpose");
  co_return;
}
const Workload throwing = make_workload("throwing_at_once", "test", "", &throw_at_once);

class HostThatFailed : public LeavesNothing {};

TEST_F(HostThatFailed, IsGoneAndMayNotBeStoppedAgain) {
  const CrewPlan plan = plan_of(throwing, find_model("processes"), "none", 2);
  Host host(plan);
  EXPECT_THROW(host.run_round(1, kPatience), CrewFailure);
  EXPECT_EQ(host.pid(), -1);
  // With the number of nobody, the signal would go to everybody.
  EXPECT_EXIT(host.stop(kPatience), kInternalError, "a host that has ended was stopped");
  EXPECT_EXIT(host.run_round(1, kPatience), kInternalError,
              "a host that has ended was asked for a round");
}

}  // namespace
}  // namespace convoy::contract
