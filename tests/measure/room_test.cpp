// Whether there is room for a crew, told before it is started.
#include "harness/measure/room.hpp"

#include <gmock/gmock.h>

#include "tests/contract/crews.hpp"

namespace convoy {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string refusal(const Room& room, const std::string& model, int workers,
                    const MachineRoom& machine) {
  try {
    room.check(contract::plan_of(find_workload("null"), find_model(model), "none", workers),
               machine);
  } catch (const MachineRefused& refused) {
    return refused.what();
  }
  return {};
}

TEST(Room, RefusesMoreThreadsThanMayBeStarted) {
  const MachineRoom machine{{}, 1000, "kernel.pid_max is 1000"};
  EXPECT_EQ(refusal({}, "threads", 999, machine), "");
  EXPECT_EQ(refusal({}, "coroutines", 1'000'000, machine), "");
  EXPECT_THAT(refusal({}, "threads", 1000, machine),
              AllOf(HasSubstr("1000 threads"), HasSubstr("kernel.pid_max is 1000")));
  EXPECT_THAT(refusal({}, "processes", 1000, machine), HasSubstr("1000 processes"));
}

TEST(Room, RefusesWhatWouldNotFitIntoMemory) {
  const MachineRoom machine{100'000'000, {}, ""};
  EXPECT_EQ(refusal({}, "threads", 100, machine), "");
  EXPECT_THAT(refusal({}, "threads", 10'000, machine),
              AllOf(HasSubstr("10000 workers would need about"), HasSubstr("estimated at"),
                    HasSubstr("100 MB are left"), HasSubstr("use fewer workers")));
}

TEST(Room, GoesByWhatFewerWorkersTook) {
  Room room;
  const auto plan =
      contract::plan_of(find_workload("null"), find_model("coroutines"), "none", 1000);
  const MachineRoom machine{1'000'000'000, {}, ""};
  EXPECT_EQ(refusal(room, "coroutines", 1'000'000, machine), "");
  CrewMemory memory;
  memory.pss_bytes = 1000 * 3000;
  memory.kernel_bytes = 1000 * 100;
  room.learn(plan, memory);
  EXPECT_THAT(refusal(room, "coroutines", 1'000'000, machine),
              AllOf(HasSubstr("would need about 3.1 GB"),
                    HasSubstr("each took 3100 bytes when there were 1000")));
  EXPECT_EQ(refusal(room, "coroutines", 100'000, machine), "");
}

// What others gave back meanwhile does not make this crew smaller.
TEST(Room, TakesTheKernelsPartForNoLessThanNothing) {
  Room room;
  CrewMemory memory;
  memory.pss_bytes = 1000 * 3000;
  memory.kernel_bytes = -100'000'000;
  room.learn(contract::plan_of(find_workload("null"), find_model("coroutines"), "none", 1000),
             memory);
  EXPECT_THAT(refusal(room, "coroutines", 1'000'000, {1'000'000'000, {}, ""}),
              HasSubstr("each took 3000 bytes when there were 1000"));
}

TEST(Room, OfThisMachineIsKnown) {
  const MachineRoom machine = room_of_machine();
  ASSERT_TRUE(machine.memory_bytes);
  EXPECT_GT(*machine.memory_bytes, 1'000'000);
  ASSERT_TRUE(machine.threads);
  EXPECT_THAT(machine.threads_limit, HasSubstr(std::to_string(*machine.threads)));
}

}  // namespace
}  // namespace convoy
