// Computing for as long as a parameter says: always the same work, however often it is interrupted.
#pragma once

#include <cstdint>

#include "harness/base/clock.hpp"

namespace convoy {

class Setup;
class Worker;

// Each step, some 2 ns, needs the one before, so that no processor can hurry. `state` is not 0, and
// stays so. Any thread; never blocks.
std::uint64_t compute(std::uint64_t state, std::int64_t steps);
// The same as bytecodes would: the worker comes by a checkpoint every few microseconds.
std::uint64_t compute(Worker& worker, std::uint64_t state, std::int64_t steps);

// How many steps a time holds on this machine. A fixture:
//   const Shared<Speed> speed{Speed::measure};
//   state = compute(state, worker[speed].steps(worker[inside]));
class Speed {
 public:
  // Takes some milliseconds.
  static Speed measure(const Setup& setup);
  std::int64_t steps(nanoseconds time) const { return steps_per_ms_ * time.count() / 1'000'000; }

 private:
  explicit Speed(std::int64_t steps_per_ms) : steps_per_ms_(steps_per_ms) {}
  std::int64_t steps_per_ms_;
};

}  // namespace convoy
