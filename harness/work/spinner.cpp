#include "harness/work/spinner.hpp"

namespace convoy {

void compute_for(nanoseconds duration) {
  if (duration.count() == 0) return;  // not even the clock is read
  const nanoseconds end = now() + duration;
  while (now() < end) {
  }
}

Task spin(Worker& worker, nanoseconds between, std::uint32_t ticks) {
  while (worker.running()) {
    compute_for(between);
    worker.checkpoint(ticks);
  }
  co_return;
}

}  // namespace convoy
