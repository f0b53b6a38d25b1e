#include "benchmarks/peers/sleepers.hpp"

#include <vector>

#include "benchmarks/self/crew_of_one.hpp"
#include "harness/loop/loop.hpp"

namespace convoy::peers {
namespace {

Task sleep_repeatedly(Worker& worker) {
  for (int i = 0; i < kSleeps; ++i) co_await worker.sleep(kSleep);
}

}  // namespace

void sleep_in_our_loop(benchmark::State& state) {
  self::CrewOfOne crew("none", "null");
  Loop loop(Engine::automatic, crew.gil(), crew.seat());
  Station station = crew.station(&loop);
  std::vector<Worker> workers(kSleepers, Worker(station, 0));
  for ([[maybe_unused]] auto _ : state) {
    std::vector<Task> tasks;
    tasks.reserve(kSleepers);
    for (Worker& worker : workers) tasks.push_back(sleep_repeatedly(worker));
    const nanoseconds began = now();
    const nanoseconds before = thread_cpu_time();
    loop.run(tasks);
    const nanoseconds used = thread_cpu_time() - before;
    if (now() - began < kSleeps * kSleep) state.SkipWithError("somebody woke early");
    state.SetIterationTime(std::chrono::duration<double>(used).count() / kSleepers / kSleeps);
  }
}

}  // namespace convoy::peers
