#include "harness/loop/loop.hpp"

#include <fcntl.h>

#include <system_error>
#include <thread>

#include "tests/loop/crew.hpp"

namespace convoy {
namespace {

using namespace std::chrono_literals;
using test::Crew;
using test::Ends;

class LoopTest : public test::EveryEngine {};
INSTANTIATE_TEST_SUITE_P(Engines, LoopTest, testing::Values(Engine::epoll, Engine::io_uring),
                         [](const auto& one) {
                           return one.param == Engine::epoll ? "epoll" : "io_uring";
                         });

Task take_turns(Worker& worker, int turns, std::vector<int>& log) {
  for (int i = 0; i < turns; ++i) {
    log.push_back(worker.index());
    co_await worker.turn();
  }
}

Task sleep_for(Worker& worker, nanoseconds duration, std::vector<int>& log) {
  co_await worker.sleep(duration);
  log.push_back(worker.index());
}

Task sleep_until(Worker& worker, nanoseconds deadline, std::vector<int>& log) {
  co_await worker.sleep(deadline - now());
  log.push_back(worker.index());
}

Task tell_time(Worker&, nanoseconds& time) {
  time = now();
  co_return;
}

Task fail_after_turn(Worker& worker) {
  co_await worker.turn();
  throw std::runtime_error("the body's own");
}

Task read_one(Worker& worker, int fd, std::string& got) {
  char buffer[16];
  const std::size_t size = co_await worker.read(fd, std::span(buffer));
  got.assign(buffer, size);
}

Task expect_lock(Worker& worker, const test::CountingGil& gil, int fd, int other) {
  EXPECT_TRUE(gil.held());
  co_await worker.turn();
  EXPECT_TRUE(gil.held());
  co_await worker.sleep(1us);
  EXPECT_TRUE(gil.held());
  const std::string text = "x";
  co_await worker.send(fd, std::span(text));
  EXPECT_TRUE(gil.held());
  char buffer[4];
  co_await worker.recv(other, std::span(buffer));
  EXPECT_TRUE(gil.held());
}

TEST_P(LoopTest, TurnIsRoundRobin) {
  Crew crew(GetParam());
  std::vector<int> log;
  for (int i = 0; i < 3; ++i) crew.tasks.push_back(take_turns(crew[i], 4, log));
  crew.run();
  EXPECT_EQ(log, (std::vector<int>{0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2}));
}

TEST_P(LoopTest, SleepersWakeByDeadline) {
  // Of deadlines that pass before the carrier gets there, nobody is waited for: then later ones.
  bool slept = false;
  for (nanoseconds step = 3ms; step < 5s && !slept; step *= 4) {
    Crew crew(GetParam());
    std::vector<int> log;
    const nanoseconds base = now();
    for (int i = 0; i < 8; ++i)
      crew.tasks.push_back(sleep_until(crew[i], base + (8 - i) * step, log));
    nanoseconds all_began{0};
    crew.tasks.push_back(tell_time(crew[8], all_began));
    crew.run();
    EXPECT_EQ(crew.seat.waits.io_ns, 0);
    if (all_began >= base + step) continue;
    EXPECT_EQ(log, (std::vector<int>{7, 6, 5, 4, 3, 2, 1, 0}));
    slept = crew.seat.waits.sleep_ns > 0;
  }
  EXPECT_TRUE(slept);
}

TEST_P(LoopTest, PastDeadlineIsDoneAtOnce) {
  Crew crew(GetParam());
  std::vector<int> log;
  crew.tasks.push_back(sleep_for(crew[0], -1h, log));
  crew.tasks.push_back(sleep_for(crew[1], 0ns, log));
  crew.run();
  EXPECT_EQ(log, (std::vector<int>{0, 1}));
}

TEST_P(LoopTest, ManyWorkersEndEach) {
  Crew crew(GetParam(), 20'000);
  std::vector<int> log;
  for (int i = 0; i < 20'000; ++i) crew.tasks.push_back(sleep_for(crew[i], i % 100 * 1us, log));
  crew.run();
  EXPECT_EQ(log.size(), 20'000U);
  for (const Task& task : crew.tasks) EXPECT_TRUE(task.done());
}

TEST_P(LoopTest, RunsAgain) {
  Crew crew(GetParam());
  for (int round = 0; round < 3; ++round) {
    std::vector<int> log;
    crew.tasks.clear();
    crew.tasks.push_back(take_turns(crew[0], 2, log));
    crew.tasks.push_back(sleep_for(crew[1], 1us, log));
    crew.run();
    EXPECT_EQ(log.size(), 3U);
  }
}

TEST_P(LoopTest, NoTasksEndAtOnce) {
  Crew crew(GetParam());
  crew.run();
}

TEST_P(LoopTest, HoldsTheLockWhileBodiesRun) {
  Crew crew(GetParam());
  const Ends pair = test::make_pair();
  crew.tasks.push_back(expect_lock(crew[0], crew.gil, pair[0].get(), pair[1].get()));
  crew.run();
  EXPECT_FALSE(crew.gil.held());
}

TEST_P(LoopTest, SuspendingAloneKeepsTheLock) {
  Crew crew(GetParam());
  std::vector<int> log;
  for (int i = 0; i < 3; ++i) crew.tasks.push_back(take_turns(crew[i], 100, log));
  crew.run();
  EXPECT_EQ(crew.gil.releases(), 100U) << "one after each batch of three turns";
}

TEST_P(LoopTest, DropsTheLockWhileItPolls) {
  Crew crew(GetParam());
  const Ends pipe = test::make_pipe();
  std::string got;
  crew.tasks.push_back(read_one(crew[0], pipe[0].get(), got));
  // The other thread writes only while it holds the lock, which it gets only from a loop that polls
  // without it.
  SeatAccount account;
  Seat other(account);
  other.gil_accounting = false;
  crew.gil.acquire(crew.seat);
  std::thread writer([&] {
    crew.gil.acquire(other);
    EXPECT_EQ(::write(pipe[1].get(), "hi", 2), 2);
    crew.gil.release(other, ReleaseReason::exit);
  });
  crew.loop->run(crew.tasks);
  crew.gil.release(crew.seat, ReleaseReason::exit);
  writer.join();
  EXPECT_EQ(got, "hi");
  EXPECT_EQ(crew.seat.waits.sleep_ns, 0) << "waiting for data is no sleep";
}

TEST_P(LoopTest, FailureStopsTheRunAndIsRethrown) {
  Crew crew(GetParam());
  const Ends pipe = test::make_pipe();
  std::string got;
  std::vector<int> log;
  crew.tasks.push_back(read_one(crew[0], pipe[0].get(), got));  // waits for ever
  crew.tasks.push_back(sleep_for(crew[1], 24h, log));
  crew.tasks.push_back(fail_after_turn(crew[2]));
  crew.tasks.push_back(fail_after_turn(crew[3]));
  EXPECT_THROW(crew.run(), std::runtime_error);
  EXPECT_FALSE(crew.gil.held());
  EXPECT_FALSE(crew.tasks[0].done());
  EXPECT_FALSE(crew.tasks[3].done());
  // The loop is as good as new.
  crew.tasks.clear();
  crew.tasks.push_back(take_turns(crew[4], 1, log));
  crew.run();
  EXPECT_EQ(log, (std::vector<int>{4}));
}

TEST_P(LoopTest, LeavesNothingBehindWhenDestroyedWithSuspendedTasks) {
  const std::size_t descriptors = test::open_descriptors();
  const std::size_t threads = test::running_threads();
  for (int i = 0; i < 3; ++i) {
    Crew crew(GetParam());
    const Ends pipe = test::make_pipe();
    const Ends pair = test::make_pair();
    std::string got;
    std::vector<int> log;
    crew.tasks.push_back(read_one(crew[0], pipe[0].get(), got));
    crew.tasks.push_back(read_one(crew[1], pair[0].get(), got));
    crew.tasks.push_back(sleep_for(crew[2], 24h, log));
    crew.gil.acquire(crew.seat);
    for (Task& task : crew.tasks) task.resume();
    crew.gil.release(crew.seat, ReleaseReason::exit);
    crew.loop.reset();
    EXPECT_EQ(::fcntl(pipe[0].get(), F_GETFL) & O_NONBLOCK, 0) << "the pipe is blocking again";
  }
  EXPECT_EQ(test::open_descriptors(), descriptors);
  EXPECT_EQ(test::running_threads(), threads);
}

struct Never {
  bool await_ready() { return false; }
  void await_suspend(std::coroutine_handle<>) {}
  void await_resume() {}
};
Never never() { return {}; }
Task wait_for_nothing(Worker&) { co_await never(); }

TEST_P(LoopTest, NamesADeadlockInsteadOfHanging) {
  Crew crew(GetParam());
  crew.tasks.push_back(wait_for_nothing(crew[0]));
  EXPECT_THROW(crew.run(), std::system_error);
}

TEST_P(LoopTest, NamesItsEngine) {
  Crew crew(GetParam());
  EXPECT_STREQ(crew.loop->engine(), GetParam() == Engine::epoll ? "epoll" : "io_uring");
  EXPECT_STREQ(crew.loop->file_io(), "none used");
}

TEST(ParseEngine, KnowsItsWords) {
  EXPECT_EQ(parse_engine("auto"), Engine::automatic);
  EXPECT_EQ(parse_engine("epoll"), Engine::epoll);
  EXPECT_EQ(parse_engine("io_uring"), Engine::io_uring);
  EXPECT_THROW(parse_engine("kqueue"), UsageError);
}

}  // namespace
}  // namespace convoy
