// Compute, then wait: the two halves of a request, in any proportion. The crossover map is made of
// this.
#include <algorithm>

#include "harness/work/workload.hpp"

using namespace std::chrono_literals;

static const convoy::Parameter cpu{"cpu", 50us, "How long one operation computes", 1us, 1s};
static const convoy::Parameter wait{"wait", 500us,
                                    "How long one operation then waits, 0ns: not at all", 0ns, 10s};

constexpr std::int64_t slice = 4'000;  // steps between two checkpoints: some microseconds

static const convoy::Shared<convoy::Speed> speed{convoy::Speed::measure};

// The answer is the number of operations: the number of steps differs from machine to machine.
CONVOY_WORKLOAD(mixed, mixed, "Compute, then wait", cpu, wait, speed, convoy::ComputesAndWaits{},
                convoy::OperationCosts{&cpu, &wait}) {
  const std::int64_t steps = worker[speed].steps(worker[cpu]);
  std::uint64_t state = static_cast<std::uint64_t>(worker.index()) + 1;
  while (worker.next()) {
    for (std::int64_t done = 0; done < steps; done += slice) {
      state = convoy::compute(state, std::min(slice, steps - done));
      worker.checkpoint();
    }
    if (worker[wait] > 0ns) co_await worker.sleep(worker[wait]);
    worker.keep(state != 0);
  }
}
