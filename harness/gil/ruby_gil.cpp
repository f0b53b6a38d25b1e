#include "harness/gil/ruby_gil.hpp"

namespace convoy {

using namespace std::chrono_literals;

const Parameter<nanoseconds> RubyGil::interval{"interval", 100ms,
                                               "How long a holder runs while others wait", 1us, 1h};
const Parameter<std::int64_t> RubyGil::priority{
    "priority", 0, "Priority of every thread: each step doubles how long it runs", 0, 3};

bool RubyGil::slice_is_over(Seat& seat) const {
  const std::uint32_t found = seat.own_breaker.fetch_and(~kInterrupt, std::memory_order_relaxed);
  if ((found & kInterrupt) == 0) return false;
  seat.gil_private += time_of_interrupt_.count();  // of a seat, the time it has run for
  return seat.gil_private >= slice_.count();
}

}  // namespace convoy
