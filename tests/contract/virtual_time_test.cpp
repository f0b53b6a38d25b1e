// Crews that only work out an answer: their waits take no time.
#include <gmock/gmock.h>

#include "harness/sync/event.hpp"
#include "tests/contract/crews.hpp"

namespace convoy::contract {
namespace {

using ::testing::ElementsAre;

const Synced<Event> never{"never"};

// Each wait is as long to the body as it asked for.
Task wait_for_hours(Worker& worker) {
  while (worker.next()) {
    const auto before = now();
    co_await worker.sleep(1h);
    worker.keep(now() - before >= 1h && now() - before < 2h);
    const bool came = co_await worker[never].wait(worker, 1h);
    worker.keep(came);
    worker.keep(now() - before >= 2h);
    worker.keep(worker.count());
  }
}
const Workload patient = make_workload("patient", "test", "", &wait_for_hours, never);

class VirtualTimeContract : public LeavesNothing {};

TEST_F(VirtualTimeContract, HoursOfWaitingAreOverAtOnce) {
  CrewPlan plan = plan_of(patient, find_model("single"), "none", 1000);
  plan.virtual_time = true;
  plan.only_bodies = {0, 17, 999};
  Host host(plan);
  const RoundReport round = host.run_round(3, kPatience);
  host.stop(kPatience);
  const std::uint64_t right = checksum_of([](Worker& worker) {
    for (int operation = 0; operation < 3; ++operation) {
      worker.keep(true);
      worker.keep(false);
      worker.keep(true);
      worker.keep(1000);
    }
  });
  EXPECT_EQ(round.checksums[0], right);
  EXPECT_EQ(round.checksums[17], right);
  EXPECT_EQ(round.checksums[999], right);
  EXPECT_EQ(round.checksums[1], 0U) << "nobody else was there";
}

}  // namespace
}  // namespace convoy::contract
