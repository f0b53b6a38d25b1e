// A fixed piece of work by which the speed of a CPU is told: what other machines on the same host,
// a neighbour in the cache or a lowered clock take away, no counter of this kernel shows.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "harness/base/clock.hpp"
#include "harness/machine/counters.hpp"
#include "harness/machine/cpu_set.hpp"

namespace convoy {

// So many steps of a chain of dependent integer operations (xorshift64), which no compiler
// shortens; some 3 ns each at 2 GHz. Returns the last state.
std::uint64_t spin(std::uint64_t steps);

// How long the calling thread takes for a fixed number of steps, some 0.3 to 0.5 ms, without the
// time that other programs of this machine kept it from its CPU (of which `meter`, the thread's
// own, knows).
nanoseconds lay_yardstick(const ThreadMeter& meter);

// What the yardstick has shown on each set of CPUs in a run. Owned by the controller.
class Yardsticks {
 public:
  static constexpr std::size_t kFewest = 7;  // that make a median to compare with

  // The speed of a reading, over the median of all that these CPUs have shown, it included: 1 is
  // usual, 0.5 half as fast. Absent while they are too few.
  std::optional<double> note(const CpuSet& cpus, nanoseconds took);

 private:
  std::map<CpuSet, std::vector<double>> shown_;
};

}  // namespace convoy
