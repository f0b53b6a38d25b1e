// How many operations make a round last long enough.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "harness/base/clock.hpp"
#include "harness/measure/sample.hpp"

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

// Gives benchmarks that differ in model, lock or place alone the largest budget among them, since
// what an operation takes depends on how many a round has (the first ones extend a file, the last
// ones wait for each other). None gets more than three times its own: where one is so much slower,
// its rounds would last for ever. Failed ones, and those without a budget, stay as they are.
void share_budgets(std::vector<CaseResult>& results);

}  // namespace convoy
