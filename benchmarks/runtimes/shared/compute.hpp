// Computing for as long as a parameter says.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace convoy::runtimes {

// Computes for so many steps, as the workloads do.
[[gnu::noinline]] inline std::uint64_t compute(std::uint64_t state, std::int64_t steps) {
  while (steps-- > 0) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
  }
  return state;
}

// How many steps take so long: of many attempts the fastest, which nobody disturbed.
inline std::int64_t steps_of(std::int64_t ns) {
  using Clock = std::chrono::steady_clock;
  constexpr std::int64_t kSteps = 4'000;
  if (ns == 0) return 0;
  volatile std::uint64_t state = 1;
  Clock::duration best = std::chrono::seconds(1);
  for (int attempt = 0; attempt < 200; ++attempt) {
    const Clock::time_point before = Clock::now();
    state = compute(state, kSteps);
    best = std::min(best, Clock::now() - before);
  }
  return kSteps * ns / std::max<std::int64_t>(best.count(), 1);
}

// An operation's computing, whose result nobody needs and the compiler may not leave out.
inline void compute_for(std::int64_t steps) {
  static volatile std::uint64_t seed = 1;
  if (steps > 0 && compute(seed, steps) == 0) seed = 1;
}

}  // namespace convoy::runtimes
