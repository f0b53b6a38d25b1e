#include "harness/gil/ruby_ready_queue.hpp"

namespace convoy {
namespace {

using namespace std::chrono_literals;

// A proposal for Ruby (feature 21685): a seat keeps the lock through blocking calls that end before
// the next tick, and only that tick hands it over. Called and blocking as the queue is.
class RubyDelayed final : public RubyReadyQueue {
 public:
  explicit RubyDelayed(const std::vector<std::int64_t>& arguments)
      : RubyReadyQueue(arguments, HandOver::at_a_tick) {}
};

std::unique_ptr<Gil> make(const std::vector<std::int64_t>& arguments) {
  return std::make_unique<RubyDelayed>(arguments);
}

// Sleeps of 1 ms fit between two ticks, so only one in about ten loses the lock and waits for it:
// the median is that of nobody else.
const GilRegistration registration{
    {.name = "ruby_delayed",
     .description = "A proposal for Ruby: as ruby_mn, but kept through calls that end before the "
                    "next tick",
     .parameters = {&RubyGil::interval, &RubyGil::priority, &RubyReadyQueue::tick},
     .make = make,
     .lateness = LatenessLaw{.intervals = 0, .sleeps = 0, .least = -200us, .most = 300us},
     .at_ticks = true}};

}  // namespace
}  // namespace convoy
