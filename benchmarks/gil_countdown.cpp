// Counting down in bytecode: what several workers get done under one lock, and how often it
// changes hands.
#include "harness/work/workload.hpp"

static const convoy::Parameter n{"n", 20, "Hundreds of bytecodes in one operation", 1, 1'000'000};

constexpr std::uint32_t ticks = 100;  // bytecodes between two checkpoints
constexpr int kSteps = 2'000;         // of arithmetic in as many bytecodes: some 5 us

// A chain in which each step needs the one before, as an interpreter's loop does.
static std::uint64_t count_down(std::uint64_t state) {
  for (int i = 0; i < kSteps; ++i) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
  }
  return state;
}

CONVOY_WORKLOAD(gil_countdown, gil, "Count down in bytecode, with nothing to wait for", n,
                convoy::UsualWorkers{{1, 2, 4}}) {
  std::uint64_t state = 0x9E3779B97F4A7C15U + static_cast<std::uint64_t>(worker.index());
  const std::int64_t hundreds = worker[n];
  while (worker.next()) {
    for (std::int64_t i = 0; i < hundreds; ++i) {
      state = count_down(state);
      worker.checkpoint(ticks);
    }
  }
  worker.keep(state);
  co_return;
}
