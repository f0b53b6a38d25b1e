#include "harness/gil/ruby_ready_queue.hpp"

namespace convoy {
namespace {

using namespace std::chrono_literals;

// Ruby's lock from 3.3 on: handed over at once, whatever it is let go for. Called and blocking as
// the queue is.
class RubyMn final : public RubyReadyQueue {
 public:
  explicit RubyMn(const std::vector<std::int64_t>& arguments)
      : RubyReadyQueue(arguments, HandOver::at_once) {}
};

std::unique_ptr<Gil> make(const std::vector<std::int64_t>& arguments) {
  return std::make_unique<RubyMn>(arguments);
}

// A slice begins with the tick that ended the one before, so the sleep is part of it.
const GilRegistration registration{
    {"ruby_mn",
     "Ruby 3.3 and later: handed to the first in the queue; ten ticks of a timer are a slice",
     {&RubyGil::interval, &RubyGil::priority, &RubyReadyQueue::tick},
     make,
     LatenessLaw{.intervals = 1, .sleeps = 1, .least = -1ms, .most = 3ms}}};

}  // namespace
}  // namespace convoy
