// Loops in which nobody waits for the kernel, and loops whose interpreter ends.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/loop/crew.hpp"

namespace convoy {
namespace {

using namespace std::chrono_literals;
using test::Crew;
using test::Ends;

class LoopTurns : public test::EveryEngine {};

Task take_turns(Worker& worker, int turns) {
  for (int i = 0; i < turns; ++i) co_await worker.turn();
}

TEST_P(LoopTurns, TheLockIsDroppedBetweenTurnsThoughNobodyWaits) {
  Crew crew(GetParam());
  constexpr int kTurns = 10;
  for (int i = 0; i < 2; ++i)
    crew.tasks.push_back(take_turns(crew[static_cast<std::size_t>(i)], kTurns));
  crew.run();
  // Once after each batch of turns; after the last one, because that is the end.
  EXPECT_EQ(crew.gil.releases(), static_cast<std::size_t>(kTurns));
}

Task log_turns(Worker& worker, int turns, std::vector<int>& log) {
  for (int i = 0; i < turns; ++i) {
    log.push_back(worker.index());
    co_await worker.turn();
  }
}

// More than resume each other without the loop.
TEST_P(LoopTurns, ThousandsTakeTurnsInOrder) {
  constexpr int kMany = 3000;
  Crew crew(GetParam(), kMany);
  std::vector<int> log;
  for (int i = 0; i < kMany; ++i)
    crew.tasks.push_back(log_turns(crew[static_cast<std::size_t>(i)], 3, log));
  crew.run();
  ASSERT_EQ(log.size(), 3U * kMany);
  for (std::size_t i = 0; i < log.size(); ++i) ASSERT_EQ(log[i], static_cast<int>(i % kMany));
}

Task note_turn(Worker& worker, std::string& log, char letter) {
  log += letter;
  co_await worker.turn();
  log += static_cast<char>(letter - 'a' + 'A');
}

// Starts a coroutine of its own, as workloads do whose subject is that.
Task start_after_turn(Worker& worker, std::vector<Task>& started, std::string& log, char letter) {
  co_await worker.turn();
  started.push_back(note_turn(worker, log, letter));
  log += '(';
  started.back().resume();
  log += ')';
  for (int i = 0; i < 3; ++i) co_await worker.turn();
}

TEST_P(LoopTurns, WhoResumesACoroutineItselfGoesOnWhenThatPauses) {
  Crew crew(GetParam());
  std::vector<Task> started;
  started.reserve(2);
  std::string log;
  crew.tasks.push_back(take_turns(crew[0], 1));
  crew.tasks.push_back(start_after_turn(crew[1], started, log, 'a'));
  crew.tasks.push_back(start_after_turn(crew[2], started, log, 'b'));
  crew.run();
  // Never one within the other's brackets.
  EXPECT_EQ(log, "(a)(b)AB");
}

// The lock of an interpreter that ends while the carrier is in the kernel.
class EndingGil final : public Gil {
 public:
  int takes_left = 1;

 protected:
  void attach(Seat&) override {}
  bool take(Seat&) override {
    if (takes_left-- == 0) throw SeatMustExit();
    return false;
  }
  void drop(Seat&, ReleaseReason) override {}
  void breaker_set(Seat&, std::uint32_t) override {}
};

Task sleep_once(Worker& worker) { co_await worker.sleep(1ms); }

Task read_one(Worker& worker, int fd) {
  char letter = 0;
  co_await worker.read(fd, std::span(&letter, 1));
}

TEST_P(LoopTurns, WhereTheInterpreterEndsMeanwhileTheLoopEnds) {
  EndingGil gil;
  SeatAccount account;
  Seat seat{account};
  seat.gil_accounting = false;
  const Workload workload;
  const ::convoy::Setup setup(workload, {}, 3);
  std::vector<Task> tasks;
  auto loop = std::make_unique<Loop>(GetParam(), gil, seat);
  std::deque<Worker> workers;
  Station station(setup, seat, gil, loop.get());
  for (int i = 0; i < 3; ++i) workers.emplace_back(station, i);
  const Ends pipe = test::make_pipe();
  tasks.push_back(sleep_once(workers[0]));
  tasks.push_back(take_turns(workers[1], 5));
  gil.acquire(seat);
  EXPECT_THROW(loop->run(tasks), SeatMustExit);
  tasks.clear();
  ASSERT_EQ(::write(pipe[1].get(), "x", 1), 1);  // so that the kernel keeps nobody waiting
  tasks.push_back(read_one(workers[2], pipe[0].get()));
  gil.takes_left = 2;  // a look at the descriptor at most
  gil.acquire(seat);
  EXPECT_THROW(loop->run(tasks), SeatMustExit);
  loop.reset();
}

// Goes on only once the other carrier has come as far.
Task keep_step(Worker& worker, std::array<std::atomic<int>, 2>& steps, std::size_t mine, int most) {
  for (int i = 1; i <= most; ++i) {
    steps[mine].store(i);
    while (steps[1 - mine].load() < i) co_await worker.turn();
  }
}

TEST_P(LoopTurns, OfTwoCarriersUnderOneLockNeitherStarves) {
  constexpr int kSteps = 20;
  const auto gil = make_gil(parse_gil("cpython32:interval=1ms"));
  const Workload workload;
  const ::convoy::Setup setup(workload, {}, 2);
  std::array<std::atomic<int>, 2> steps{};
  std::array<std::uint64_t, 2> switches{};
  const auto carry = [&](std::size_t mine) {
    const auto account = std::make_unique<SeatAccount>();
    account->index = static_cast<int>(mine);
    Seat seat{*account};
    gil->admit(seat);
    std::vector<Task> tasks;
    Loop loop(GetParam(), *gil, seat);
    std::deque<Worker> workers;
    Station station(setup, seat, *gil, &loop);
    for (int i = 0; i < 2; ++i) workers.emplace_back(station, i);
    tasks.push_back(keep_step(workers[0], steps, mine, kSteps));
    tasks.push_back(take_turns(workers[1], 100));
    gil->acquire(seat);
    loop.run(tasks);
    switches[mine] = static_cast<std::uint64_t>(seat.gil.switches);
    gil->release(seat, ReleaseReason::exit);
  };
  std::thread other(carry, 1);
  carry(0);
  other.join();
  EXPECT_EQ(steps[0], kSteps);
  EXPECT_EQ(steps[1], kSteps);
  // Each step of one needs the lock to have been the other's since.
  EXPECT_GE(switches[0] + switches[1], static_cast<std::uint64_t>(kSteps));
}

std::vector<Engine> engines() { return {Engine::epoll, Engine::io_uring}; }

INSTANTIATE_TEST_SUITE_P(Engines, LoopTurns, ::testing::ValuesIn(engines()),
                         [](const auto& engine) {
                           return engine.param == Engine::epoll ? "epoll" : "io_uring";
                         });

}  // namespace
}  // namespace convoy
