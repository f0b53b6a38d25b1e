// Compute, then wait: the two halves of a request, in any proportion. The crossover map is made of
// this.
#include <algorithm>

#include "harness/work/workload.hpp"

using namespace std::chrono_literals;

static const convoy::Parameter cpu{"cpu", 50us, "How long one operation computes", 1us, 1s};
static const convoy::Parameter wait{"wait", 500us, "How long it waits then", 1us, 10s};

constexpr std::int64_t slice = 4'000;  // steps between two checkpoints: some microseconds

// One step needs the one before, so that no processor can hurry.
static std::uint64_t compute(std::uint64_t state, std::int64_t steps) {
  while (steps-- > 0) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
  }
  return state;
}

// How many steps a millisecond holds. Of many attempts the fastest, which nobody disturbed.
static const convoy::Shared<std::int64_t> speed{[](const convoy::Setup&) {
  volatile std::uint64_t state = 1;
  convoy::nanoseconds best = 1s;
  for (int attempt = 0; attempt < 200; ++attempt) {
    const convoy::nanoseconds before = convoy::now();
    state = compute(state, slice);
    best = std::min(best, convoy::now() - before);
  }
  return slice * 1'000'000 / std::max(best.count(), std::int64_t{1});
}};

// The answer is the number of operations: the number of steps differs from machine to machine.
CONVOY_WORKLOAD(mixed, mixed, "Compute for a while, then wait for a while", cpu, wait, speed) {
  const std::int64_t steps = worker[speed] * worker[cpu].count() / 1'000'000;
  std::uint64_t state = static_cast<std::uint64_t>(worker.index()) + 1;
  while (worker.next()) {
    for (std::int64_t done = 0; done < steps; done += slice) {
      state = compute(state, std::min(slice, steps - done));
      worker.checkpoint();
    }
    co_await worker.sleep(worker[wait]);
    worker.keep(state != 0);
  }
}
