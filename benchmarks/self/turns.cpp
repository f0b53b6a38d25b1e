// A suspension and a resumption through the event loop's queue, against a ring of coroutines
// resumed by hand.
#include <vector>

#include "benchmarks/self/comparison.hpp"
#include "benchmarks/self/crew_of_one.hpp"
#include "harness/loop/loop.hpp"

namespace convoy::self {
namespace {

constexpr int kWorkers = 16;
constexpr int kTurns = 1000;

Task take_turns(Worker& worker) {
  for (int i = 0; i < kTurns; ++i) {
    co_await worker.turn();
    benchmark::ClobberMemory();
  }
}

void ours(benchmark::State& state) {
  CrewOfOne crew("none", "null");
  Loop loop(Engine::epoll, crew.gil(), crew.seat());
  Station station = crew.station(&loop);
  std::vector<Worker> workers(kWorkers, Worker(station, 0));
  while (state.KeepRunningBatch(benchmark::IterationCount{kWorkers} * kTurns)) {
    std::vector<Task> tasks;
    for (Worker& worker : workers) tasks.push_back(take_turns(worker));
    loop.run(tasks);
  }
}

Task suspend_repeatedly() {
  for (int i = 0; i < kTurns; ++i) {
    co_await std::suspend_always();
    benchmark::ClobberMemory();
  }
}

void plain(benchmark::State& state) {
  while (state.KeepRunningBatch(benchmark::IterationCount{kWorkers} * kTurns)) {
    std::vector<Task> tasks;
    for (int i = 0; i < kWorkers; ++i) tasks.push_back(suspend_repeatedly());
    while (!tasks.back().done())
      for (Task& task : tasks) task.resume();
  }
}

const ComparisonRegistration registration{
    {"turn of the event loop", ours, plain, Bar::ratio_at_most, 3}};

}  // namespace
}  // namespace convoy::self
