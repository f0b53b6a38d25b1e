// Sorting: comparisons that cannot be predicted, over memory that fits a cache or does not.
#include <algorithm>
#include <functional>
#include <random>
#include <vector>

#include "harness/work/workload.hpp"

static const convoy::Parameter n{"n", 1'000, "Numbers to sort", 10, 100'000'000};

using Numbers = std::vector<std::uint64_t>;

static const convoy::Local<Numbers> numbers{
    [](const convoy::Setup& setup, int) { return Numbers(static_cast<std::size_t>(setup[n])); }};

// Other numbers each time: the order of the last ones would be learnt by the branch predictor.
static void sort_fresh(Numbers& it, std::mt19937_64& random) {
  std::generate(it.begin(), it.end(), std::ref(random));
  std::sort(it.begin(), it.end());
}

CONVOY_WORKLOAD(cpu_sort, cpu, "Sort pseudo-random numbers", n, numbers) {
  Numbers& it = worker[numbers];
  std::mt19937_64 random(static_cast<std::uint64_t>(worker.index()));
  while (worker.next()) {
    sort_fresh(it, random);
    worker.keep(it[it.size() / 2]);
    worker.checkpoint();
  }
  worker.keep(std::is_sorted(it.begin(), it.end()));
  co_return;
}
