// Loops in which nobody waits for the kernel, and loops whose interpreter ends.
#include <gtest/gtest.h>

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

std::vector<Engine> engines() { return {Engine::epoll, Engine::io_uring}; }

INSTANTIATE_TEST_SUITE_P(Engines, LoopTurns, ::testing::ValuesIn(engines()),
                         [](const auto& engine) {
                           return engine.param == Engine::epoll ? "epoll" : "io_uring";
                         });

}  // namespace
}  // namespace convoy
