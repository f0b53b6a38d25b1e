// What background workers promise: they run beside the others, end with them, and count for
// nothing.
#include <gmock/gmock.h>

#include <atomic>

#include "tests/contract/crews.hpp"

namespace convoy::contract {
namespace {

struct Seen {
  std::atomic<int> beside{0}, ended{0}, foreground_index{-1}, index{-1}, count{-1};
};
const SharedValue<Seen> seen;

// Operations end only once every background worker has been seen, so each test proves that they run
// at the same time.
Task wait_for_company(Worker& worker) {
  while (worker.next()) {
    seen->foreground_index.store(worker.index());
    while (seen->beside.load() < 2) co_await worker.sleep(100us);
    worker.keep(worker.index());
  }
}
Task keep_company(Worker& worker) {
  int largest = seen->index.load();
  while (largest < worker.index() && !seen->index.compare_exchange_weak(largest, worker.index())) {
  }
  seen->count.store(worker.count());
  seen->beside.fetch_add(1);
  while (worker.running()) worker.checkpoint(1000);
  worker.keep(12345);
  seen->ended.fetch_add(1);
  co_return;
}
const Parameter company{"company", 2, "", 0, 8};
const Workload accompanied = make_workload("accompanied", "test", "", &wait_for_company, company,
                                           Background{company, &keep_company});

Task alone(Worker& worker) {
  while (worker.next()) worker.keep(worker.index());
  co_return;
}
const Workload unaccompanied = make_workload("unaccompanied", "test", "", &alone);

class BackgroundWorkers : public LeavesNothing,
                          public ::testing::WithParamInterface<std::tuple<std::string, GilPolicy>> {
 protected:
  void SetUp() override {
    LeavesNothing::SetUp();
    seen.reset();
  }
  const Model& model() const { return find_model(std::get<0>(GetParam())); }
  const GilPolicy& policy() const { return std::get<1>(GetParam()); }
};

TEST_P(BackgroundWorkers, RunBesideTheOthersAndCountForNothing) {
  if (!policy().preempts) GTEST_SKIP() << "whoever computes here is never asked to let go";
  const CrewPlan plan = plan_of(accompanied, model(), quick(policy()), 1);
  EXPECT_EQ(plan.seats(), 3);
  Host host(plan);
  for (int round = 1; round <= 2; ++round) {
    seen->beside.store(0);
    const RoundReport report = host.run_round(3, kPatience);
    EXPECT_EQ(report.operations, 3U);
    EXPECT_EQ(report.seats.size(), 3U);
    EXPECT_THAT(report.checksums, ::testing::ElementsAre(checksum_of([](Worker& worker) {
                  for (int i = 0; i < 3; ++i) worker.keep(0);
                })));
    EXPECT_EQ(report.wall, report.seats[0].end - report.seats[0].begin);
    EXPECT_EQ(seen->ended.load(), 2 * round);
  }
  host.stop(kPatience);
  EXPECT_EQ(seen->foreground_index.load(), 0);
  EXPECT_EQ(seen->index.load(), 2);
  EXPECT_EQ(seen->count.load(), 1);
}

INSTANTIATE_TEST_SUITE_P(Crews, BackgroundWorkers,
                         ::testing::Combine(::testing::Values("threads", "processes"),
                                            ::testing::ValuesIn(gil_policies())),
                         [](const auto& crew) {
                           return std::get<0>(crew.param) + "_" + std::get<1>(crew.param).name;
                         });

TEST(Background, AddsSeatsAndLeavesOutModelsThatHaveOne) {
  EXPECT_FALSE(offers(accompanied, find_model("single")));
  EXPECT_FALSE(offers(accompanied, find_model("coroutines")));
  EXPECT_TRUE(offers(accompanied, find_model("threads")));
  const convoy::Setup setup(accompanied, {5}, 3);
  EXPECT_EQ(setup.workers(), 3);
  EXPECT_EQ(setup.background_workers(), 5);
  EXPECT_EQ(setup.bodies(), 8);
  EXPECT_EQ(convoy::Setup(unaccompanied, {}, 3).bodies(), 3);
}

}  // namespace
}  // namespace convoy::contract
