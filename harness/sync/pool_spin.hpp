// How a worker of a pool looks for a while before it sleeps.
#pragma once

#include "harness/base/clock.hpp"
#include "harness/base/cpu_relax.hpp"

namespace convoy {

// Until over() holds; false where that takes longer than to be woken would. For who has a CPU of
// its own.
template <class Over>
bool spin_until(Over&& over) {
  const nanoseconds until = now() + std::chrono::microseconds(20);
  for (int looks = 1; !over(); ++looks) {
    cpu_relax();
    // The clock is read now and then: whoever reads it looks later.
    if (looks % 64 == 0 && now() >= until) return false;
  }
  return true;
}

}  // namespace convoy
