// The digits of pi by Leibniz's series: arithmetic with nothing in memory, as a loop of bytecodes
// would do it.
#include <algorithm>

#include "harness/work/workload.hpp"

static const convoy::Parameter n{"n", 2'000, "Terms of the series in one operation", 100,
                                 100'000'000};

constexpr std::int64_t slice = 2'000;  // terms between two checkpoints: a few microseconds

// Terms [first, first + count) of 4 - 4/3 + 4/5 - ...; both are even.
static double leibniz(std::int64_t first, std::int64_t count) {
  double sum = 0;
  for (std::int64_t k = first; k < first + count; k += 2) {
    const auto denominator = static_cast<double>(2 * k + 1);
    sum += 4 / denominator - 4 / (denominator + 2);
  }
  return sum;
}

CONVOY_WORKLOAD(cpu_pi, cpu, "Sum Leibniz's series for pi", n) {
  const std::int64_t terms = worker[n] / 2 * 2;
  double pi = 0;
  std::int64_t next = 0;
  while (worker.next()) {
    for (const std::int64_t end = next + terms; next < end;) {
      const std::int64_t count = std::min(slice, end - next);
      pi += leibniz(next, count);
      next += count;
      worker.checkpoint();
    }
  }
  worker.keep(pi);
  co_return;
}
