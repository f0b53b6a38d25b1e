// What every model promises whatever the lock: places, fixtures, engines, start lines and ends.
#include <gmock/gmock.h>
#include <sched.h>

#include <array>
#include <atomic>

#include "tests/contract/crews.hpp"
#include "tests/loop/crew.hpp"
#include "tests/machine/absent_cpu.hpp"

namespace convoy::contract {
namespace {

using ::testing::HasSubstr;

Task work(Worker& worker) {
  while (worker.next()) {
    worker.checkpoint();
    co_await worker.turn();
  }
}
const Workload working = make_workload("working", "test", "", &work);

// Fixtures that note where they were made, and a body that notes what it was given.
constexpr std::size_t kMost = 8;
struct Making {
  std::atomic<int> shared, shared_seen;
  std::array<std::atomic<int>, kMost> local, local_seen;
  std::array<SharedCpuSet, kMost> made_on;
};
const SharedValue<Making> making;

const Shared<int> shared_thing{[](const Setup&) { return 1000 + making->shared.fetch_add(1); }};
const Local<int> local_thing{[](const Setup&, int worker) {
  making->local.at(static_cast<std::size_t>(worker)).fetch_add(1);
  making->made_on.at(static_cast<std::size_t>(worker)).set(current_affinity());
  return worker;
}};
Task use_fixtures(Worker& worker) {
  while (worker.next()) {
    if (worker[shared_thing] == 1000) making->shared_seen.fetch_add(1);
    if (worker[local_thing] == worker.index())
      making->local_seen.at(static_cast<std::size_t>(worker.index())).fetch_add(1);
    co_await worker.turn();
  }
}
const Workload fixed = make_workload("fixed", "test", "", &use_fixtures, shared_thing, local_thing);

const Local<int> unmakable{[](const Setup&, int worker) -> int {
  if (worker == 1) throw std::runtime_error("no such thing");
  return worker;
}};
const Workload unfixed = make_workload("unfixed", "test", "", &work, unmakable);

const Shared<int> unsharable{[](const Setup&) -> int { throw std::runtime_error("none for all"); }};
const Workload unshared = make_workload("unshared", "test", "", &work, unsharable);

Task wander(Worker& worker) {
  while (worker.next()) co_await worker.turn();
  bind_this_thread(CpuSet{current_affinity().first()});
}
const Workload wandering = make_workload("wandering", "test", "", &wander);

// A message through a pipe: worker 0 writes what worker 1 reads.
struct Ends {
  UniqueFd out, in;
};
const Shared<Ends> ends{[](const Setup&) {
  int fds[2];
  CONVOY_CHECK(::pipe(fds) == 0, "pipe");
  return Ends{UniqueFd(fds[0]), UniqueFd(fds[1])};
}};
Task pass_letters(Worker& worker) {
  char letter = 'a';
  while (worker.next()) {
    if (worker.index() == 0) {
      co_await worker.write(worker[ends].in.get(), std::span<const char>(&letter, 1));
      ++letter;
    } else {
      co_await worker.read(worker[ends].out.get(), std::span(&letter, 1));
      worker.keep(letter);
    }
  }
}
const Workload passing = make_workload("passing", "test", "", &pass_letters, ends);

// The same by a client library, which owns its descriptors and is only told when they are ready.
Task pass_letters_when_ready(Worker& worker) {
  char letter = 'a';
  while (worker.next()) {
    if (worker.index() == 0) {
      co_await worker.writable(worker[ends].in.get());
      CONVOY_CHECK(::write(worker[ends].in.get(), &letter, 1) == 1, "write");
      ++letter;
    } else {
      co_await worker.readable(worker[ends].out.get());
      CONVOY_CHECK(::read(worker[ends].out.get(), &letter, 1) == 1, "read");
      worker.keep(letter);
    }
  }
}
const Workload passing_when_ready =
    make_workload("passing_when_ready", "test", "", &pass_letters_when_ready, ends);

class ModelContract : public LeavesNothing, public ::testing::WithParamInterface<Model> {
 protected:
  static const Model& model() { return find_model(GetParam().name); }
  static CrewPlan plan(const Workload& workload, int workers, int carriers = 1,
                       Engine engine = Engine::automatic) {
    return plan_of(workload, model(), "cpython32", workers, carriers, engine);
  }
  // One CPU a seat, in turn.
  static CrewPlan placed(const Workload& workload, int workers, int carriers = 1) {
    CrewPlan crew = plan(workload, workers, carriers);
    const CpuSet allowed = current_affinity();
    for (std::size_t i = 0; i < crew.seat_cpus.size(); ++i)
      crew.seat_cpus[i] = {allowed.list()[i % allowed.list().size()]};
    return crew;
  }
  static RoundReport round_of(const CrewPlan& plan, std::uint64_t operations = 3) {
    Host host(plan);
    RoundReport round = host.run_round(operations, kPatience);
    host.stop(kPatience);
    return round;
  }
  static std::vector<Engine> engines() {
    if (!model().looped) return {Engine::automatic};
    if (!test::io_uring_refusal().empty()) return {Engine::epoll};
    return {Engine::epoll, Engine::io_uring};
  }
};

TEST_P(ModelContract, IsPinnedWhereItWasPlaced) {
  const CrewPlan crew = placed(working, 3, 2);
  const RoundReport round = round_of(crew);
  for (std::size_t i = 0; i < round.pinning.size(); ++i) {
    const SeatPinning& seat = round.pinning[i];
    EXPECT_TRUE(seat.pinned) << seat.reason;
    EXPECT_EQ(seat.asked, crew.seat_cpus[i]);
    EXPECT_EQ(seat.read_back, seat.asked);
    EXPECT_EQ(seat.read_back_end, seat.asked);
    EXPECT_EQ(seat.reason, "");
  }
}

TEST_P(ModelContract, SaysWhyItIsNotPinned) {
  const int absent = test::first_absent_cpu();
  CrewPlan crew = plan(working, 2, 2);
  for (const SeatPinning& seat : round_of(crew).pinning) {
    EXPECT_FALSE(seat.pinned);
    EXPECT_EQ(seat.reason, "no place was asked for");
    EXPECT_EQ(seat.read_back, current_affinity());
  }
  for (CpuSet& cpus : crew.seat_cpus) cpus = {absent};
  for (const SeatPinning& seat : round_of(crew).pinning) {
    EXPECT_FALSE(seat.pinned);
    EXPECT_THAT(seat.reason, HasSubstr("sched_setaffinity to " + std::to_string(absent) + ": "));
  }
}

TEST_P(ModelContract, NoticesABindingThatChangedMeanwhile) {
  const CpuSet allowed = current_affinity();
  if (allowed.size() < 2) GTEST_SKIP() << "one CPU cannot be left";
  CrewPlan crew = plan(wandering, 1);
  crew.seat_cpus[0] = allowed;
  const SeatPinning seat = round_of(crew).pinning.at(0);
  EXPECT_FALSE(seat.pinned);
  EXPECT_EQ(seat.read_back, allowed);
  EXPECT_EQ(seat.read_back_end, CpuSet{allowed.first()});
  EXPECT_THAT(seat.reason, HasSubstr("reads back"));
}

TEST_P(ModelContract, MakesFixturesOncePerHostAndPerWorkerOnItsSeat) {
  making.reset();
  constexpr int kWorkers = 5;
  const CrewPlan crew = placed(fixed, kWorkers, 2);
  Host host(crew);
  for (int round = 0; round < 3; ++round) host.run_round(2, kPatience);
  host.stop(kPatience);
  EXPECT_EQ(making->shared.load(), 1);
  EXPECT_EQ(making->shared_seen.load(), kWorkers * 3 * 2);
  for (std::size_t i = 0; i < kWorkers; ++i) {
    EXPECT_EQ(making->local[i].load(), 1);
    EXPECT_EQ(making->local_seen[i].load(), 3 * 2);
    EXPECT_EQ(making->made_on[i].get(), crew.seat_cpus[i % crew.seat_cpus.size()]) << i;
  }
}

TEST_P(ModelContract, SaysWhyAFixtureCouldNotBeMade) {
  EXPECT_THAT(failure_of(plan(unfixed, 2)), HasSubstr("no such thing"));
  EXPECT_THAT(failure_of(plan(unshared, 2)), HasSubstr("setting up: none for all"));
}

TEST_P(ModelContract, CrossesEveryStartLine) {
  for (const bool spin : {false, true}) {
    CrewPlan crew = placed(working, 4, 2);
    crew.spin_at_start = spin;
    Host host(crew);
    for (int round = 0; round < 5; ++round) {
      const RoundReport report = host.run_round(3, kPatience);
      for (const SeatWaits& waits : report.waits) EXPECT_GT(waits.gate_ns, 0);
    }
    host.stop(kPatience);
  }
}

TEST_P(ModelContract, RunsFiveWorkersOnBothEngines) {
  for (const Engine engine : engines()) {
    const CrewPlan crew = plan(working, 5, 2, engine);
    const RoundReport round = round_of(crew);
    EXPECT_EQ(round.operations, 15U);
    if (!model().looped) continue;
    EXPECT_EQ(round.engine, engine == Engine::epoll ? "epoll" : "io_uring");
    EXPECT_EQ(round.seats.size(), 2U);
  }
}

TEST_P(ModelContract, PassesLettersThroughAPipe) {
  if (!side_by_side(model())) GTEST_SKIP() << "one worker after another";
  const std::uint64_t heard = checksum_of([](Worker& worker) {
    for (const char letter : {'a', 'b', 'c', 'd'}) worker.keep(letter);
  });
  for (const Engine engine : engines())
    for (const int carriers : {1, 2})
      for (const Workload* const workload : {&passing, &passing_when_ready})
        EXPECT_EQ(round_of(plan(*workload, 2, carriers, engine), 4).checksums.at(1), heard);
}

TEST_P(ModelContract, DescribesItself) {
  EXPECT_FALSE(model().description.empty());
  EXPECT_EQ(model().seats(1, 1), 1);
  for (const int workers : {1, 3, 8}) EXPECT_LE(model().seats(workers, 2), workers);
}

INSTANTIATE_TEST_SUITE_P(Models, ModelContract, ::testing::ValuesIn(models()),
                         [](const auto& one) { return one.param.name; });

TEST(Models, AreFoundByNameAndGuessedFromANearOne) {
  EXPECT_EQ(find_model("threads").name, "threads");
  EXPECT_THROW(find_model("thread"), UsageError);
  try {
    find_model("threds");
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("did you mean threads? "));
  }
}

}  // namespace
}  // namespace convoy::contract
