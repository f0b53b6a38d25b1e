#include "harness/gil/ruby_ready_queue.hpp"

#include <algorithm>
#include <cerrno>
#include <optional>

#include "harness/base/check.hpp"
#include "harness/gil/inner_lock.hpp"

namespace convoy {
namespace {

using namespace std::chrono_literals;

// A tick is never longer than the interval.
nanoseconds tick_of(const std::vector<std::int64_t>& arguments) {
  return nanoseconds(std::min(arguments.at(0), arguments.at(2)));
}

}  // namespace

const Parameter<nanoseconds> RubyReadyQueue::tick{
    "tick", 10ms, "Period of the timer thread while somebody waits; at most the interval", 1us, 1h};

RubyReadyQueue::RubyReadyQueue(const std::vector<std::int64_t>& arguments, HandOver when_blocking)
    : RubyGil(slice_of(arguments), tick_of(arguments)),
      when_blocking_(when_blocking),
      ticker_(mutex_, tick_of(arguments), [this] { return on_tick(); }) {}

void RubyReadyQueue::attach(Seat& seat) {
  RubyGil::attach(seat);
  const std::lock_guard guard(mutex_);
  ticker_.share_cpus();
}

// A period that has begun is not cut short by whoever queues, and ticks do not stop until one finds
// the queue empty: so slices end on ticks, wherever within a period the wait began.
bool RubyReadyQueue::on_tick() {
  if (away_) hand_over();
  else if (!ready_.empty()) interrupt(*running_);
  return !ready_.empty();
}

void RubyReadyQueue::hand_over() {
  away_ = false;
  running_ = nullptr;
  if (ready_.empty()) return;
  Waiter* const next = ready_.front();
  ready_.pop_front();
  running_ = next->seat;
  next->wake.signal();
}

void RubyReadyQueue::queue(Seat& seat) {
  const int saved_errno = errno;
  ticker_.start();
  Waiter self{.seat = &seat};
  ready_.push_back(&self);
  while (running_ != &seat) self.wake.wait(mutex_);
  errno = saved_errno;
}

bool RubyReadyQueue::take(Seat& seat) {
  std::optional<RecordedWait> recorded;  // until the mutex is let go
  const InnerLock lock(mutex_, seat);
  const bool waited = running_ != nullptr && running_ != &seat;
  if (waited) {
    recorded.emplace(seat.recorder, WaitCause::gil);
    queue(seat);
  } else {
    running_ = &seat;
    away_ = false;
  }
  account_holder(seat);
  return waited;
}

void RubyReadyQueue::drop(Seat& seat, ReleaseReason why) {
  const InnerLock lock(mutex_, seat);
  CONVOY_CHECK(running_ == &seat && !away_, "a seat released a lock that it did not hold");
  if (why == ReleaseReason::blocking && when_blocking_ == HandOver::at_a_tick) {
    away_ = true;
    ticker_.start();
  } else {
    hand_over();
  }
}

void RubyReadyQueue::breaker_set(Seat& seat, std::uint32_t) {
  if (!slice_is_over(seat)) return;
  begin_slice(seat);
  {
    const InnerLock lock(mutex_, seat);
    if (ready_.empty()) return;
  }
  yield(seat);
}

}  // namespace convoy
