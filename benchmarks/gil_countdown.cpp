// Counting down in bytecode: what several workers get done under one lock, and how often it
// changes hands.
#include "harness/work/workload.hpp"

static const convoy::Parameter n{"n", 200, "Checkpoints in one operation, about 0.5 us apart", 1,
                                 1'000'000};

constexpr int kSteps = 200;  // of arithmetic between two checkpoints

// A chain in which each step needs the one before, as an interpreter's loop does.
static std::uint64_t count_down(std::uint64_t state) {
  for (int i = 0; i < kSteps; ++i) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
  }
  return state;
}

CONVOY_WORKLOAD(gil_countdown, gil, "Count down in bytecode, without waiting", n,
                convoy::UsualWorkers{{1, 2, 4}}) {
  std::uint64_t state = 0x9E3779B97F4A7C15U + static_cast<std::uint64_t>(worker.index());
  const std::int64_t checkpoints = worker[n];
  while (worker.next()) {
    for (std::int64_t i = 0; i < checkpoints; ++i) {
      state = count_down(state);
      worker.checkpoint();
    }
  }
  worker.keep(state);
  co_return;
}
