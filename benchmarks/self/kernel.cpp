// A CPU workload as the model `single` runs it, against the same kernel in a plain loop.
// NOLINTNEXTLINE(bugprone-suspicious-include): the very kernel and body, not copies that drift
#include "benchmarks/cpu_pi.cpp"
#include "benchmarks/self/comparison.hpp"
#include "benchmarks/self/crew_of_one.hpp"

namespace convoy::self {
namespace {

constexpr std::uint64_t kOperations = 2000;

void ours(benchmark::State& state) {
  CrewOfOne crew("none", "cpu_pi");
  while (state.KeepRunningBatch(kOperations)) {
    crew.worker().begin_round(kOperations);
    Task task = find_workload("cpu_pi").body(crew.worker());
    task.resume();
    task.rethrow();
    benchmark::DoNotOptimize(crew.worker().checksum());
  }
}

[[gnu::noinline]] double pi_in_a_loop(std::int64_t terms) {
  double pi = 0;
  std::int64_t first = 0;
  for (std::uint64_t i = 0; i < kOperations; ++i) {
    pi += leibniz(first, terms);
    first += terms;
  }
  return pi;
}

void plain(benchmark::State& state) {
  std::int64_t terms = n.initial();
  benchmark::DoNotOptimize(terms);
  while (state.KeepRunningBatch(kOperations)) benchmark::DoNotOptimize(pi_in_a_loop(terms));
}

const ComparisonRegistration registration{
    {"cpu_pi under single", ours, plain, Bar::ratio_at_most, 1.02}};

}  // namespace
}  // namespace convoy::self
