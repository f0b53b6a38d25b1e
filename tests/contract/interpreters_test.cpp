// Crews whose workers are dealt over several interpreters, whatever the model and the lock.
#include <gmock/gmock.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <set>

#include "tests/contract/crews.hpp"

namespace convoy::contract {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kMost = 16;
const SharedValue<std::array<std::atomic<pid_t>, kMost>> pids;

Task tell_process(Worker& worker) {
  for (std::uint64_t operation = 0; worker.next(); ++operation) {
    (*pids)[static_cast<std::size_t>(worker.index())] = ::getpid();
    worker.keep(worker.index());
    worker.keep(operation);
    worker.checkpoint(3);
    co_await worker.turn();
    co_await worker.sleep(10us);
  }
}
const Workload telling = make_workload("telling", "test", "", &tell_process);

Task die_in_the_middle(Worker& worker) {
  for (int operation = 0; worker.next(); ++operation) {
    co_await worker.turn();
    if (worker.index() == 1 && operation == 2) ::raise(SIGKILL);
    // The others wait for it, so that they cannot be done before.
    while (worker.index() != 1) co_await worker.sleep(1ms);
  }
}
const Workload dying = make_workload("dying", "test", "", &die_in_the_middle);

class Interpreters : public LeavesNothing,
                     public testing::WithParamInterface<std::tuple<Model, std::string>> {
 protected:
  static const Model& model() { return find_model(std::get<0>(GetParam()).name); }
  static CrewPlan plan(const Workload& workload, int workers, int interpreters, int carriers = 1) {
    CrewPlan plan = plan_of(workload, model(), std::get<1>(GetParam()), workers, carriers);
    plan.most_interpreters = interpreters;
    plan.seat_cpus.resize(static_cast<std::size_t>(plan.seats()));
    return plan;
  }
};

TEST_P(Interpreters, DoAllOfTheWorkInAsManyProcesses) {
  for (const auto& [workers, interpreters, carriers] :
       {std::tuple(4, 2, 1), std::tuple(7, 3, 1), std::tuple(8, 2, 2), std::tuple(3, 3, 2)}) {
    const CrewPlan planned = plan(telling, workers, interpreters, carriers);
    EXPECT_EQ(planned.interpreters(), interpreters);
    Host host(planned);
    const RoundReport round = host.run_round(5, kPatience);
    std::set<pid_t> seen;
    for (int worker = 0; worker < workers; ++worker) {
      const pid_t pid = (*pids)[static_cast<std::size_t>(worker)];
      EXPECT_NE(pid, host.pid());
      seen.insert(pid);
      EXPECT_EQ(round.checksums[static_cast<std::size_t>(worker)], checksum_of([&](Worker& kept) {
                  for (std::uint64_t operation = 0; operation < 5; ++operation) {
                    kept.keep(worker);
                    kept.keep(operation);
                  }
                }));
    }
    EXPECT_EQ(seen.size(), static_cast<std::size_t>(interpreters));
    // Dealt out in turn.
    EXPECT_NE((*pids)[0], (*pids)[1]);
    host.stop(kPatience);
  }
}

TEST_P(Interpreters, AreNoMoreThanWorkers) {
  const CrewPlan planned = plan(telling, 2, 8);
  EXPECT_EQ(planned.interpreters(), 2);
  EXPECT_EQ(failure_of(planned), "");
}

TEST_P(Interpreters, OneThatIsKilledFailsTheCrew) {
  EXPECT_THAT(failure_of(plan(dying, 4, 2)),
              AllOf(HasSubstr("process 2 of 2"), HasSubstr("signal 9"), Not(HasSubstr("limit"))));
}

TEST_P(Interpreters, HaveNoneOfTheirOwnWhereThereIsOne) {
  const CrewPlan planned = plan(telling, 2, 1);
  EXPECT_FALSE(planned.forked());
  Host host(planned);
  host.run_round(1, kPatience);
  EXPECT_EQ((*pids)[0], host.pid());
  host.stop(kPatience);
}

std::vector<Model> divisible_models() {
  std::vector<Model> all;
  for (const Model& model : models())
    if (model.divisible) all.push_back(model);
  return all;
}

INSTANTIATE_TEST_SUITE_P(EveryDivisibleModel, Interpreters,
                         testing::Combine(testing::ValuesIn(divisible_models()),
                                          testing::Values("none", "cpython32", "cpython_ft")),
                         [](const auto& made) {
                           return std::get<0>(made.param).name + "_" + std::get<1>(made.param);
                         });

TEST(Models, OnlySomeAreDealtOverInterpreters) {
  EXPECT_FALSE(offers(telling, find_model("single"), 2));
  EXPECT_FALSE(offers(telling, find_model("processes"), 2));
  EXPECT_TRUE(offers(telling, find_model("threads"), 2));
  EXPECT_TRUE(offers(find_workload("sync_mutex"), find_model("threads"), 2));
  // Who waits suspended is in a queue of its own process.
  EXPECT_FALSE(offers(find_workload("sync_mutex"), find_model("coroutines"), 2));
}

}  // namespace
}  // namespace convoy::contract
