// How fast a benchmark can be at most, by its own parameters.
#pragma once

#include <optional>

#include "harness/measure/case.hpp"

namespace convoy {

// What sets it.
enum class Limit : std::uint8_t {
  workers,  // each of them does one operation after another
  cpus,     // operations compute, on so many CPUs
  lock,     // and only one at a time under each interpreter lock
  load,     // no more requests come
};
const char* text_of(Limit limit);

struct Ceiling {
  double operations_per_second;
  Limit limit;
};

// The lowest of those that the workload's parameters tell (OperationCosts), for a crew that may
// compute on so many CPUs. Absent where they tell none. Work that is not in the parameters, such as
// that of the kernel, lowers what can be reached further.
std::optional<Ceiling> ceiling_of(const Case& benchmark, int cpus);

}  // namespace convoy
