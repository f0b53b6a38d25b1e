// A safe point where nobody waits, against the one load and branch that it is.
#include "benchmarks/self/comparison.hpp"
#include "benchmarks/self/crew_of_one.hpp"

namespace convoy::self {
namespace {

void ours(benchmark::State& state) {
  CrewOfOne crew("cpython32", "null");
  Worker& worker = crew.worker();
  for ([[maybe_unused]] auto _ : state) {
    worker.checkpoint();
    benchmark::ClobberMemory();  // a real body writes to memory, so that nothing stays in registers
  }
}

[[gnu::noinline]] void slow_path(std::atomic<std::uint32_t>& word) { word.store(0); }

void plain(benchmark::State& state) {
  std::atomic<std::uint32_t> word{0};
  benchmark::DoNotOptimize(&word);
  for ([[maybe_unused]] auto _ : state) {
    if (word.load(std::memory_order_relaxed) != 0) [[unlikely]]
      slow_path(word);
    benchmark::ClobberMemory();
  }
}

const ComparisonRegistration registration{
    {"checkpoint without waiters", ours, plain, Bar::steps_at_most, 0.6}};

}  // namespace
}  // namespace convoy::self
