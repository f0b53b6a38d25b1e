#include <sched.h>

#include <cerrno>
#include <deque>
#include <mutex>
#include <optional>

#include "harness/base/check.hpp"
#include "harness/gil/inner_lock.hpp"
#include "harness/gil/ruby_gil.hpp"

namespace convoy {
namespace {

using namespace std::chrono_literals;

// Ruby's lock from 2.6 to 3.2. Waiters queue, and one of them is the timer: it sleeps until a
// deadline and then interrupts the holder. Who lets go wakes the first of the queue and leaves the
// lock free, for passers-by too; but who was told to let go waits until one of the queue has taken
// it. Called by the seats, from their own threads; take blocks until the lock is free, drop until
// that switch has happened.
class RubyLegacy final : public RubyGil {
 public:
  explicit RubyLegacy(const std::vector<std::int64_t>& arguments)
      : RubyGil(slice_of(arguments), nanoseconds(arguments.at(0))), interval_(arguments.at(0)) {}

 protected:
  bool take(Seat& seat) override;
  void drop(Seat& seat, ReleaseReason why) override;
  void breaker_set(Seat& seat, std::uint32_t) override {
    if (slice_is_over(seat)) yield(seat);
  }

 private:
  void wait_until_free(Seat& seat);
  void be_timer(Waiter& waiter);
  void force_switch();

  const nanoseconds interval_;

  std::mutex mutex_;  // guards all of the rest
  Seat* owner_ = nullptr;
  std::deque<Waiter*> waiters_;

  const Waiter* timer_ = nullptr;
  nanoseconds deadline_{0};
  bool deadline_passed_ = true;  // or of no use: the next timer sets a new one

  // Of the two seats that may be switching, one waits for its switch and others for their turn.
  bool switching_ = false, switch_pending_ = false;
  Condvar switched_, switching_over_;
};

// Also ends when the waiter is told of a free lock; the deadline then holds for the next timer.
void RubyLegacy::be_timer(Waiter& waiter) {
  timer_ = &waiter;
  if (deadline_passed_) deadline_ = now() + interval_;
  deadline_passed_ = !waiter.wake.wait_until(mutex_, deadline_);
  if (owner_ != nullptr) {
    record_asking(*waiter.seat);
    interrupt(*owner_);
  }
  timer_ = nullptr;
}

void RubyLegacy::wait_until_free(Seat& seat) {
  const int saved_errno = errno;
  Waiter self{.seat = &seat};
  waiters_.push_back(&self);
  do {
    if (timer_ == nullptr) be_timer(self);
    else self.wake.wait(mutex_);
    self.signalled = false;
  } while (owner_ != nullptr);
  std::erase(waiters_, &self);
  if (switch_pending_) {
    switch_pending_ = false;
    switched_.signal();
  }
  errno = saved_errno;
}

bool RubyLegacy::take(Seat& seat) {
  std::optional<RecordedWait> recorded;  // until the mutex is let go
  const InnerLock lock(mutex_, seat);
  const bool waited = owner_ != nullptr;
  if (waited) {
    recorded.emplace(seat.recorder, WaitCause::gil);
    wait_until_free(seat);
  } else {
    deadline_passed_ = true;
    if (!waiters_.empty() && waiters_.front()->signalled && seat.gil_accounting) ++seat.gil.steals;
  }
  owner_ = &seat;
  account_holder(seat);
  // The last of the queue will wait for longest.
  if (timer_ == nullptr && !waiters_.empty()) waiters_.back()->wake.signal();
  return waited;
}

void RubyLegacy::drop(Seat& seat, ReleaseReason why) {
  std::optional<SwitchWait> waiting;  // until the mutex is let go
  InnerLock lock(mutex_, seat);
  CONVOY_CHECK(owner_ == &seat, "a seat released a lock that it did not hold");
  owner_ = nullptr;
  if (!waiters_.empty()) {
    waiters_.front()->signalled = true;
    waiters_.front()->wake.signal();
  }
  if (why != ReleaseReason::yield) return;
  if (switching_ || !waiters_.empty()) {
    waiting.emplace(seat);
    force_switch();
  } else {
    lock.unlock();
    ::sched_yield();
  }
}

void RubyLegacy::force_switch() {
  if (switching_) {
    while (switching_) switching_over_.wait(mutex_);
    return;
  }
  switching_ = switch_pending_ = true;
  while (switch_pending_) switched_.wait(mutex_);
  switching_ = false;
  switching_over_.broadcast();
}

std::unique_ptr<Gil> make(const std::vector<std::int64_t>& arguments) {
  return std::make_unique<RubyLegacy>(arguments);
}

const GilRegistration registration{
    {"ruby_legacy",
     "Ruby 2.6 to 3.2: one of the waiters is the timer, which interrupts every 100 ms",
     {&RubyGil::interval, &RubyGil::priority},
     make,
     LatenessLaw{.intervals = 1, .sleeps = 0, .least = -1ms, .most = 1ms}}};

}  // namespace
}  // namespace convoy
