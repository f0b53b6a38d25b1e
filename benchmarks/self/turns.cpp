// A suspension and a resumption through the event loop's queue, against a ring of coroutines
// resumed by hand.
#include <vector>

#include "benchmarks/self/comparison.hpp"
#include "benchmarks/self/turns.hpp"

namespace convoy::self {
namespace {

constexpr int kWorkers = 16;
constexpr int kTurns = 1000;

void ours(benchmark::State& state) { time_turns(state, kWorkers, kTurns); }

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
