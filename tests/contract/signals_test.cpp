// A worker's signal() reaches the interpreter's main seat, whatever the model.
#include <gtest/gtest.h>

#include <atomic>

#include "tests/contract/crews.hpp"

namespace convoy::contract {
namespace {

// The last worker signals; then all stand at checkpoints until they have been let in.
Task signal_once(Worker& worker) {
  while (worker.next()) {
    if (worker.index() == worker.count() - 1) worker.signal();
    worker.checkpoint(1);
    co_await worker.turn();
    worker.checkpoint(1);
  }
}
const Workload signalling = make_workload("signalling", "test", "", &signal_once);

class SignalsOfWorkers : public LeavesNothing, public ::testing::WithParamInterface<Model> {};

TEST_P(SignalsOfWorkers, AreHandledInTheFirstSeatOfTheInterpreter) {
  const CrewPlan plan = plan_of(signalling, find_model(GetParam().name), "cpython32", 2);
  Host host(plan);
  // Again, in case the main seat was done before the signal came: it stays pending till then.
  std::uint64_t handled = 0;
  const std::size_t main = GetParam().own_locks ? 1 : 0;
  for (int round = 0; round < 100 && handled == 0; ++round) {
    const RoundReport report = host.run_round(1, kPatience);
    handled = report.gil.at(main).signals_handled;
    std::uint64_t all = 0;
    for (const GilAccount& account : report.gil) all += account.signals_handled;
    EXPECT_EQ(all, handled) << "nobody else handles signals";
  }
  host.stop(kPatience);
  EXPECT_GT(handled, 0U);
}

INSTANTIATE_TEST_SUITE_P(Models, SignalsOfWorkers, ::testing::ValuesIn(models()),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace convoy::contract
