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
  // It looks less and less often, since whoever looks takes the word from who is about to write it.
  for (int pauses = 1; !over(); pauses = pauses < 64 ? 2 * pauses : 64) {
    for (int i = 0; i < pauses; ++i) cpu_relax();
    if (pauses == 64 && now() >= until) return false;
  }
  return true;
}

}  // namespace convoy
