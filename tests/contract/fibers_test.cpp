// What the model fibers promises besides: stacks of the size asked for, and a reason where one was
// too small.
#include <gmock/gmock.h>

#include <sys/syscall.h>

#include <cerrno>
#include <csignal>

#include "tests/contract/crews.hpp"
#include "tests/forbid.hpp"

namespace convoy::contract {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

[[gnu::noinline]] int recurse(int depth) {
  volatile char room[512] = {};
  room[0] = static_cast<char>(depth);
  return depth == 0 ? room[0] : recurse(depth - 1) + room[0];
}

// The stack that worker 1 needs, in KiB; the others need little.
const Parameter kib{"kib", 0, "", 0, 1 << 20};
Task go_deep(Worker& worker) {
  while (worker.next()) {
    co_await worker.turn();
    if (worker.index() == 1) worker.keep(recurse(static_cast<int>(worker[kib]) * 2));
  }
}
const Workload deep = make_workload("deep", "test", "", &go_deep, kib);

Task follow_nothing(Worker& worker) {
  while (worker.next()) {
    co_await worker.turn();
    if (worker.index() == 1) ::raise(SIGSEGV);
  }
}
const Workload crashing = make_workload("crashing", "test", "", &follow_nothing);

// Worker 1 needs that much in its last operation, when nobody uses the stack below its own.
Task go_deep_at_last(Worker& worker) {
  while (worker.next()) {
    co_await worker.turn();
    if (worker.index() == 1 && worker.remaining() == 0)
      worker.keep(recurse(static_cast<int>(worker[kib]) * 2));
  }
}
const Workload deep_at_last = make_workload("deep_at_last", "test", "", &go_deep_at_last, kib);

class Fibers : public LeavesNothing {
 protected:
  static CrewPlan plan(std::int64_t needed, std::int64_t stack, int carriers = 1,
                       const Workload& workload = deep) {
    CrewPlan plan = plan_of(workload, find_model("fibers"), "cpython32", 3, carriers);
    plan.setup = convoy::Setup(workload, {needed}, 3);
    plan.fiber_stack = stack;
    return plan;
  }
};

TEST_F(Fibers, HaveStacksAsLargeAsAsked) {
  EXPECT_EQ(failure_of(plan(40, 256 << 10)), "");
  EXPECT_EQ(failure_of(plan(2000, 8 << 20, 2)), "");
}

TEST_F(Fibers, SayWhoseStackWasTooSmallAndWhatToDo) {
  for (const int carriers : {1, 2}) {
    EXPECT_THAT(failure_of(plan(1000, FiberStackSize::kUsual, carriers)),
                HasSubstr("worker 1 overflowed its fiber's stack of 64KiB: use --fiber-stack "
                          "128KiB"));
    EXPECT_THAT(failure_of(plan(1000, FiberStackSize::kLeast, carriers)),
                HasSubstr("stack of 16KiB: use --fiber-stack 32KiB"));
  }
}

// As on a kernel that has no guards but mappings, of which a process may have no more.
TEST_F(Fibers, SayAfterTheRoundWhoseStackWasTooSmallWhereItHasNoGuard) {
  const pid_t child = ::fork();
  if (child == 0) {
    forbid_call(__NR_madvise, EINVAL);
    forbid_call(__NR_mprotect, ENOMEM);
    const CrewPlan small = plan(8, FiberStackSize::kLeast, 1, deep_at_last);
    const CrewPlan large = plan(22, FiberStackSize::kLeast, 1, deep_at_last);
    Host host(small);
    const RoundReport round = host.run_round(4, kPatience);
    host.stop(kPatience);
    const bool noted = round.notes.size() == 1 &&
                       round.notes[0].starts_with("3 of 3 fibers have stacks without a guard");
    const std::string failure = failure_of(large);
    const bool told =
        failure.find("worker 1 overflowed its fiber's stack of 16KiB") != failure.npos;
    ::_exit((noted ? 0 : 1) + (told ? 0 : 2));
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST_F(Fibers, LeaveOtherCrashesAsTheyAre) {
  const CrewPlan crew = plan_of(crashing, find_model("fibers"), "none", 3);
  const std::string failure = failure_of(crew);
  EXPECT_THAT(failure, HasSubstr("the crew's host "));
  EXPECT_THAT(failure, Not(HasSubstr("overflowed")));
}

}  // namespace
}  // namespace convoy::contract
