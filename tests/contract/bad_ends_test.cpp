// What every model makes of crews that end badly, whatever the lock.
#include <gmock/gmock.h>

#include <sys/syscall.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "tests/contract/crews.hpp"
#include "tests/forbid.hpp"

namespace convoy::contract {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

Task work(Worker& worker) {
  while (worker.next()) {
    worker.checkpoint();
    co_await worker.turn();
  }
}
const Workload working = make_workload("working", "test", "", &work);

Task leave(Worker& worker) {
  while (worker.next()) {
    co_await worker.turn();
    if (worker.index() == 1) ::_exit(0);
  }
}
const Workload leaving = make_workload("leaving", "test", "", &leave);

struct Crashing {
  bool armed = false;
  Crashing() = default;
  Crashing(Crashing&& other) noexcept : armed(std::exchange(other.armed, false)) {}
  ~Crashing() {
    if (armed) ::_exit(3);
  }
};
const Local<Crashing> bomb{[](const Setup&, int) {
  Crashing made;
  made.armed = true;
  return made;
}};
const Workload crashing_at_its_end = make_workload("crashing", "test", "", &work, bomb);

Task throw_a_number(Worker& worker) {
  while (worker.next()) co_await worker.turn();
  throw 7;
}
const Workload odd = make_workload("odd", "test", "", &throw_a_number);

Task spin(Worker& worker) {
  [[maybe_unused]] volatile std::uint64_t turns = 0;
  while (worker.next())
    for (std::uint64_t turn = 0;; ++turn) turns = turn;
  co_return;
}
const Workload spinning = make_workload("spinning", "test", "", &spin);

// Worker 1 comes to a bad end after it has computed for a while, so while it holds the lock.
template <void (*end)()>
Task end_badly(Worker& worker) {
  while (worker.next()) {
    if (worker.index() == 1) {
      compute_for(2ms);
      end();
    }
    co_await worker.turn();
  }
}
const Workload throwing_late = make_workload(
    "throwing_late", "test", "", &end_badly<[] { throw std::runtime_error("at wit's end"); }>);
const Workload dying_late =
    make_workload("dying_late", "test", "", &end_badly<[] { ::raise(SIGKILL); }>);
const Workload computing_on =
    make_workload("computing_on", "test", "", &end_badly<[] { compute_for(1h); }>);

Task hang(Worker& worker) {
  while (worker.next()) co_await worker.sleep(1h);
}
const Workload hanging = make_workload("hanging", "test", "", &hang);

// Leaves a child behind that would wait for ever.
Task fork_away(Worker& worker) {
  while (worker.next()) {
    co_await worker.turn();
    if (::fork() == 0)
      for (;;) ::pause();
  }
}
const Workload forking = make_workload("forking", "test", "", &fork_away);

class BadEnds : public LeavesNothing, public ::testing::WithParamInterface<Model> {
 protected:
  static CrewPlan plan(const Workload& workload, int workers) {
    return plan_of(workload, find_model(GetParam().name), "cpython32", workers);
  }
};

TEST_P(BadEnds, NoticesAWorkerThatLeaves) {
  EXPECT_THAT(failure_of(plan(leaving, 3)), HasSubstr("exited with status 0"));
}

TEST_P(BadEnds, EndsWhatAWorkerForked) { EXPECT_EQ(failure_of(plan(forking, 1), 2), ""); }

TEST_P(BadEnds, LearnsHowACrewEndedThoughItsParentIgnoredChildren) {
  const auto before = std::signal(SIGCHLD, SIG_IGN);
  EXPECT_THAT(failure_of(plan(leaving, 3)), HasSubstr("exited with status 0"));
  std::signal(SIGCHLD, before);
}

TEST_P(BadEnds, NoticesACrashAfterTheLastRound) {
  EXPECT_THAT(failure_of(plan(crashing_at_its_end, 2)), HasSubstr("exited with status 3"));
}

TEST_P(BadEnds, SaysThatSomethingOddWasThrown) {
  EXPECT_THAT(failure_of(plan(odd, 2)), HasSubstr("an exception that is not a std::exception"));
}

TEST_P(BadEnds, KillsAWorkerThatNeverStopsComputing) {
  EXPECT_THAT(failure_of(plan(spinning, 2), 1, 100ms), HasSubstr("did not finish within"));
}

TEST_P(BadEnds, SaysWhoHeldTheLockAndForHowLong) {
  const std::string thrown = failure_of(plan(throwing_late, 3));
  const std::string killed = failure_of(plan(dying_late, 3));
  std::string hung;
  // On a busy machine the worker may not be there yet when the time is up.
  for (nanoseconds limit = 1s; limit <= 32s; limit *= 2) {
    hung = failure_of(plan(computing_on, 3), 4, limit);
    const bool told = hung.find("the lock") != hung.npos && !hung.ends_with("us");
    if (!hung.starts_with("preparing the round") && (told || GetParam().own_locks)) break;
  }
  EXPECT_THAT(thrown, HasSubstr("at wit's end"));
  EXPECT_THAT(killed, HasSubstr("was killed by signal 9 (Killed)"));
  EXPECT_THAT(hung, HasSubstr("did not finish within its limit"));
  const int holder = find_model(GetParam().name).seats(3, 1) == 1 ? 0 : 1;
  const std::string told = "; seat " + std::to_string(holder) + " held the lock for ";
  for (const std::string& failure : {thrown, killed, hung}) {
    if (GetParam().own_locks) {
      EXPECT_THAT(failure, Not(HasSubstr("the lock"))) << "each has one of its own";
      continue;
    }
    EXPECT_THAT(failure, HasSubstr(told));
    EXPECT_THAT(failure, EndsWith("s")) << "milliseconds or seconds: it computed for a while";
    EXPECT_THAT(failure, Not(EndsWith("us")));
  }
}

TEST_P(BadEnds, SaysNothingOfALockThatNobodyHeldOrThatKeepsNobodyOut) {
  // On a busy machine a worker may still be on its way to where it sleeps, with the lock.
  std::string failure;
  nanoseconds limit = 100ms;
  for (int attempt = 0; attempt < 5; ++attempt, limit *= 3) {
    failure = failure_of(plan(hanging, 2), 1, limit);
    if (failure.find("the lock") == failure.npos) break;
  }
  EXPECT_THAT(failure, HasSubstr("did not finish within"));
  EXPECT_THAT(failure, Not(HasSubstr("the lock")));
  const CrewPlan unlocked = plan_of(throwing_late, find_model(GetParam().name), "none", 3);
  EXPECT_THAT(failure_of(unlocked), Not(HasSubstr("the lock")));
}

TEST_P(BadEnds, NoticesAHostThatWasKilledBetweenRounds) {
  const CrewPlan crew = plan(working, 2);
  Host host(crew);
  host.run_round(1, kPatience);
  ASSERT_EQ(::kill(host.pid(), SIGKILL), 0);
  siginfo_t dead{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(host.pid()), &dead, WEXITED | WNOWAIT), 0);
  try {
    host.run_round(1, kPatience);
    FAIL() << "nobody was left to do it";
  } catch (const CrewFailure& failure) {
    EXPECT_THAT(failure.what(), HasSubstr("the crew's host was killed by signal 9 (Killed)"));
  }
}

// As under valgrind, which does not know the call, and in sandboxes, which refuse it.
TEST_P(BadEnds, AreNoticedWhereTheKernelHasNoHandlesOfProcesses) {
  for (const int error : {ENOSYS, EPERM}) {
    const pid_t child = ::fork();
    if (child == 0) {
      forbid_call(__NR_pidfd_open, static_cast<unsigned>(error));
      const bool worked = failure_of(plan(working, 2), 100).empty();
      const std::string failure = failure_of(plan(leaving, 3));
      ::_exit((worked ? 0 : 1) + (failure.find("exited with status 0") != failure.npos ? 0 : 2));
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0) << std::strerror(error);
  }
}

INSTANTIATE_TEST_SUITE_P(Models, BadEnds, ::testing::ValuesIn(models()),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace convoy::contract
