// What every model promises under every lock: a new file of either joins by itself.
#include <gmock/gmock.h>
#include <sched.h>

#include <atomic>
#include <csignal>
#include <stdexcept>
#include <tuple>

#include "tests/contract/crews.hpp"

namespace convoy::contract {
namespace {

using ::testing::HasSubstr;

// --- Workloads of the tests. Globals are mapped before any crew is forked, so that all of it
// shares them.

// Keeps who it is and which operation it does, at every kind of point where others may run.
Task count_operations(Worker& worker) {
  for (std::uint64_t operation = 0; worker.next(); ++operation) {
    worker.keep(worker.index());
    worker.checkpoint(7);
    worker.keep(operation);
    co_await worker.turn();
  }
}
const Workload counting = make_workload("counting", "test", "", &count_operations);

std::uint64_t counted(int index, std::uint64_t operations) {
  return checksum_of([&](Worker& worker) {
    for (std::uint64_t operation = 0; operation < operations; ++operation) {
      worker.keep(index);
      worker.keep(operation);
    }
  });
}

// Plain integers: the lock alone keeps them whole, and the thread sanitizer would see if it did
// not.
struct Inside {
  int holder;  // 1 + the worker that computes
  std::int64_t intrusions, entries;
};
const SharedValue<Inside> inside;

void compute_alone(const Worker& worker) {
  inside->intrusions += inside->holder != 0;
  inside->holder = 1 + worker.index();
  ++inside->entries;
  [[maybe_unused]] volatile int turns = 0;
  for (int i = 0; i < 50; ++i) turns = i;
  inside->intrusions += inside->holder != 1 + worker.index();
  inside->holder = 0;
}

Task exclude(Worker& worker) {
  while (worker.next()) {
    compute_alone(worker);
    worker.checkpoint(5);
    compute_alone(worker);
    co_await worker.turn();
    compute_alone(worker);
    worker.native([] { return ::sched_yield(); });
  }
}
const Workload excluding = make_workload("excluding", "test", "", &exclude);

// Worker 0 sleeps until worker 1 has done something, which it cannot unless sleeping lets it.
const SharedValue<std::atomic<std::uint64_t>> progress;

Task wait_for_the_other(Worker& worker) {
  while (worker.next()) {
    if (worker.index() != 0) {
      progress->fetch_add(1);
      continue;
    }
    while (progress->load() == 0) co_await worker.sleep(50us);
  }
}
const Workload waiting = make_workload("waiting", "test", "", &wait_for_the_other);

Task throw_something(Worker& worker) {
  while (worker.next()) {
    co_await worker.turn();
    if (worker.index() == 1) throw std::runtime_error("out of ideas");
  }
}
const Workload throwing = make_workload("throwing", "test", "", &throw_something);

Task die(Worker& worker) {
  while (worker.next()) {
    co_await worker.turn();
    if (worker.index() == 1) ::raise(SIGKILL);
  }
}
const Workload dying = make_workload("dying", "test", "", &die);

Task hang(Worker& worker) {
  while (worker.next())
    if (worker.index() == 1) co_await worker.sleep(1h);
}
const Workload hanging = make_workload("hanging", "test", "", &hang);

Task read_nothing(Worker& worker) {
  char letter = 0;
  while (worker.next()) co_await worker.read(-1, std::span(&letter, 1));
}
const Workload misreading = make_workload("misreading", "test", "", &read_nothing);

class CrewContract : public LeavesNothing,
                     public ::testing::WithParamInterface<std::tuple<Model, GilPolicy>> {
 protected:
  static const Model& model() { return find_model(std::get<0>(GetParam()).name); }
  static CrewPlan plan(const Workload& workload, int workers, int carriers = 1) {
    return plan_of(workload, model(), quick(std::get<1>(GetParam())), workers, carriers);
  }
  static bool excludes() { return std::get<1>(GetParam()).excludes; }
};

TEST_P(CrewContract, DoesEachOperationOnceInEveryRound) {
  for (const int workers : {1, 5}) {
    const CrewPlan crew = plan(counting, workers, 2);
    Host host(crew);
    for (const std::uint64_t operations : {3, 1, 40}) {
      const RoundReport round = host.run_round(operations, kPatience);
      EXPECT_EQ(round.operations, operations * static_cast<std::uint64_t>(workers));
      ASSERT_EQ(round.checksums.size(), static_cast<std::size_t>(workers));
      for (int i = 0; i < workers; ++i)
        EXPECT_EQ(round.checksums[static_cast<std::size_t>(i)], counted(i, operations)) << i;
    }
    EXPECT_TRUE(host.memory().peak_rss_bytes.has_value());
    host.stop(kPatience);
  }
}

TEST_P(CrewContract, ReportsEverySeat) {
  const CrewPlan crew = plan(counting, 3, 2);
  Host host(crew);
  const RoundReport round = host.run_round(10, kPatience);
  const auto seats = static_cast<std::size_t>(crew.seats());
  EXPECT_EQ(round.seats.size(), seats);
  EXPECT_EQ(round.waits.size(), seats);
  EXPECT_EQ(round.gil.size(), seats);
  EXPECT_EQ(round.pinning.size(), seats);
  EXPECT_GT(round.wall.count(), 0);
  EXPECT_LE(round.start_skew, round.wall);
  for (const SeatReport& seat : round.seats) {
    EXPECT_LE(seat.begin, seat.end);
    EXPECT_GT(seat.cpu_ns, 0);
  }
  for (const GilAccount& account : round.gil) EXPECT_GT(account.acquisitions, 0);
  EXPECT_EQ(round.engine.empty(), !model().looped);
  host.stop(kPatience);
}

TEST_P(CrewContract, LetsOneWorkerComputeAtATime) {
  if (!excludes()) GTEST_SKIP() << "nothing excludes anybody here";
  if (!one_interpreter(model())) GTEST_SKIP() << "each worker has a lock of its own";
  inside.reset();
  const CrewPlan crew = plan(excluding, 4, 2);
  Host host(crew);
  host.run_round(60, kPatience);
  host.stop(kPatience);
  EXPECT_EQ(inside->entries, 4 * 60 * 3);
  EXPECT_EQ(inside->intrusions, 0);
  EXPECT_EQ(inside->holder, 0);
}

TEST_P(CrewContract, LetsOthersRunWhileOneSleeps) {
  if (!side_by_side(model())) GTEST_SKIP() << "one worker after another";
  for (const int carriers : {1, 2}) {
    progress.reset();
    EXPECT_EQ(failure_of(plan(waiting, 2, carriers), 5), "");
    EXPECT_EQ(progress->load(), 5U);
  }
}

TEST_P(CrewContract, SaysWhatAWorkerThrew) {
  for (const int carriers : {1, 2})
    EXPECT_THAT(failure_of(plan(throwing, 3, carriers)), HasSubstr("out of ideas"));
}

TEST_P(CrewContract, NamesTheSignalThatKilledAWorker) {
  EXPECT_THAT(failure_of(plan(dying, 3)), HasSubstr("was killed by signal 9 (Killed)"));
}

TEST_P(CrewContract, KillsACrewThatOutlivesItsLimit) {
  EXPECT_THAT(failure_of(plan(hanging, 3), 4, 100ms),
              HasSubstr("did not finish within its limit; raise --round-limit"));
}

TEST_P(CrewContract, NamesTheCallThatFailed) {
  EXPECT_THAT(failure_of(plan(misreading, 2)), HasSubstr("read: "));
  EXPECT_THAT(failure_of(plan(misreading, 2)), HasSubstr("Bad file descriptor"));
}

TEST_P(CrewContract, EndsWithItsHostWhateverItDoes) {
  const CrewPlan hung = plan(hanging, 3);
  const CrewPlan idle = plan(counting, 3);
  {
    const Host never_asked(idle);
  }
  Host host(hung);
  EXPECT_THROW(host.run_round(4, 1ms), CrewFailure);
}

INSTANTIATE_TEST_SUITE_P(Matrix, CrewContract,
                         ::testing::Combine(::testing::ValuesIn(models()),
                                            ::testing::ValuesIn(gil_policies())),
                         [](const auto& one) {
                           return std::get<0>(one.param).name + "_" + std::get<1>(one.param).name;
                         });

}  // namespace
}  // namespace convoy::contract
