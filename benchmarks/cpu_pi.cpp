// The digits of pi by Leibniz's series: arithmetic with nothing in memory, as a loop of bytecodes would do it.
#include "harness/work/workload.hpp"

static const convoy::Parameter n{"n", 2'000, "Terms of the series in one operation", 100, 100'000'000};

// Terms [first, first + count) of 4 - 4/3 + 4/5 - ...; `first` is even.
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
  std::int64_t first = 0;
  while (worker.next()) {
    pi += leibniz(first, terms);
    first += terms;
    worker.checkpoint();
  }
  worker.keep(pi);
  co_return;
}
