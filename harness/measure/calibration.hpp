// How many operations make a round last long enough.
#pragma once

#include <cstdint>
#include <functional>

#include "harness/base/clock.hpp"

namespace convoy {

// A round of so many operations a worker, and how long it lasted.
struct RoundLength {
  std::uint64_t operations = 1;
  nanoseconds wall{0};
};

// Runs rounds, of which `first` is one that has been run, until one lasts for `wanted`; returns its
// operations. Others may keep a round from its CPU: one such round decides nothing, wherever it
// comes. Called by the controller; blocks as `run` does.
std::uint64_t calibrate(RoundLength first, nanoseconds wanted,
                        const std::function<nanoseconds(std::uint64_t operations)>& run);

}  // namespace convoy
