// Workers that take turns on one event loop: what the cost of a switch is measured by.
#pragma once

#include <benchmark/benchmark.h>

#include <vector>

#include "benchmarks/self/crew_of_one.hpp"
#include "harness/loop/loop.hpp"

namespace convoy::self {

inline Task take_turns(Worker& worker, int turns) {
  for (int i = 0; i < turns; ++i) {
    co_await worker.turn();
    benchmark::ClobberMemory();
  }
}

// An iteration is a turn. `stack_bytes`: of each worker's own stack; 0: they are coroutines.
inline void time_turns(benchmark::State& state, int workers, int turns,
                       std::size_t stack_bytes = 0) {
  CrewOfOne crew("none", "null");
  Loop loop(Engine::epoll, crew.gil(), crew.seat());
  const auto many = static_cast<std::size_t>(workers);
  if (stack_bytes > 0) loop.give_stacks(stack_bytes, many);
  Station station = crew.station(&loop);
  std::vector<Worker> all(many, Worker(station, 0));
  while (state.KeepRunningBatch(benchmark::IterationCount{workers} * turns)) {
    std::vector<Task> tasks;
    for (Worker& worker : all) tasks.push_back(take_turns(worker, turns));
    loop.run(tasks);
  }
}

}  // namespace convoy::self
