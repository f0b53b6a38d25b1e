#include "harness/work/compute.hpp"

#include <algorithm>

#include "harness/work/worker.hpp"

namespace convoy {

std::uint64_t compute(std::uint64_t state, std::int64_t steps) {
  while (steps-- > 0) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
  }
  return state;
}

std::uint64_t compute(Worker& worker, std::uint64_t state, std::int64_t steps) {
  constexpr std::int64_t kSlice = 2'000;
  for (; steps > 0; steps -= kSlice) {
    state = compute(state, std::min(steps, kSlice));
    worker.checkpoint();
  }
  return state;
}

// Of many attempts the fastest, which nobody disturbed.
Speed Speed::measure(const Setup& /*setup*/) {
  constexpr std::int64_t kSteps = 4'000;
  volatile std::uint64_t state = 1;
  nanoseconds best = std::chrono::seconds(1);
  for (int attempt = 0; attempt < 200; ++attempt) {
    const nanoseconds before = now();
    state = compute(state, kSteps);
    best = std::min(best, now() - before);
  }
  return Speed(kSteps * 1'000'000 / std::max(best.count(), std::int64_t{1}));
}

}  // namespace convoy
