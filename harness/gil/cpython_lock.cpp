#include "harness/gil/cpython_lock.hpp"

#include <unistd.h>

#include <cerrno>
#include <optional>

#include "harness/base/check.hpp"

namespace convoy {

using namespace std::chrono_literals;

const Parameter<nanoseconds> CPythonGil::interval{
    "interval", 5ms, "How long a waiter waits before it asks the holder to release the lock", 1us,
    1h};
const Flag CPythonGil::forced{
    "forced", true,
    "After a release on request, the holder waits until another seat has taken the lock"};
const Flag CPythonGil::timeout{
    "timeout", true,
    "Waiters ask; with off, they wait until the holder releases the lock by itself"};

CPythonGil::Lock::Lock(const std::vector<std::int64_t>& arguments)
    : interval_(arguments.at(0)), forced_(arguments.at(1) != 0), timeout_(arguments.at(2) != 0) {}

// The breaker words are written relaxed, here and below: they are hints that are acted on by taking
// mutex_, and who reads one late merely drops the lock a checkpoint later.
void CPythonGil::Lock::ask_holder(const Seat& seat) {
  record_asking(seat);
  last_holder_.load(std::memory_order_relaxed)
      ->breaker->fetch_or(kDropRequest, std::memory_order_relaxed);
}

// False when the interpreter ended meanwhile.
bool CPythonGil::Lock::wait_until_free(Seat& seat, bool at_once) {
  ++waiting_;
  bool asked = at_once, leaves = false;
  while (locked_) {
    if (at_once) ask_holder(seat);
    const std::uint64_t seen = switch_number_;
    bool timed_out = false;
    if (timeout_) timed_out = !free_.wait_until(mutex_, now() + interval_);
    else free_.wait(mutex_);
    if (!timed_out && signalled_ > 0) --signalled_;
    // A switch in the meantime means that holders do change: nobody is asked, and a new interval
    // begins.
    if (timed_out && locked_ && switch_number_ == seen) {
      leaves = must_exit(seat);
      if (leaves) break;
      ask_holder(seat);
      asked = true;
    }
  }
  if (--waiting_ < signalled_) signalled_ = waiting_;
  // Lest the holder, letting go, wait for a switch to a seat that has gone. Others have to ask
  // anew.
  if (leaves && asked)
    last_holder_.load(std::memory_order_relaxed)
        ->breaker->fetch_and(~kDropRequest, std::memory_order_relaxed);
  return !leaves;
}

bool CPythonGil::Lock::take(Seat& seat, bool at_once) {
  const int saved_errno = errno;
  std::optional<RecordedWait> recorded;  // until all mutexes are let go
  InnerLock lock(mutex_, seat);
  if (must_exit(seat)) turn_away(lock);
  const bool waited = locked_;
  if (waited) {
    recorded.emplace(seat.recorder, WaitCause::gil);
    if (!wait_until_free(seat, at_once)) turn_away(lock);
  } else if (signalled_ > 0 && seat.gil_accounting) {
    ++seat.gil.steals;
  }

  InnerLock switching(switch_mutex_, seat);
  locked_ = true;
  const Seat* previous = last_holder_.load(std::memory_order_relaxed);
  if (previous != &seat) {
    last_holder_.store(&seat, std::memory_order_relaxed);
    ++switch_number_;
  }
  switched_.signal();
  switching.unlock();

  if ((seat.breaker->load(std::memory_order_relaxed) & kDropRequest) != 0)
    seat.breaker->fetch_and(~kDropRequest, std::memory_order_relaxed);
  if (must_exit(seat)) {  // it was let in to find out, which also ends a forced switch
    let_go();
    turn_away(lock);
  }
  lock.unlock();
  account_switch(seat, previous);
  errno = saved_errno;
  return waited;
}

void CPythonGil::Lock::drop(Seat& seat, ReleaseReason why) {
  last_holder_.store(&seat, std::memory_order_relaxed);
  {
    const InnerLock lock(mutex_, seat);
    CONVOY_CHECK(locked_, "a seat released a lock that nobody held");
    let_go();
  }
  // Also in front of a blocking call, which then starts only after somebody else has had the lock.
  if (forced_ && why != ReleaseReason::exit &&
      (seat.breaker->load(std::memory_order_relaxed) & kDropRequest) != 0)
    force_switch(seat);
}

void CPythonGil::Lock::let_go() {
  locked_ = false;
  if (signalled_ < waiting_) ++signalled_;
  free_.signal();
}

void CPythonGil::Lock::finalise(const Seat& seat, bool others_hang) {
  const std::lock_guard guard(mutex_);
  finaliser_ = &seat;
  others_hang_ = others_hang;
}

void CPythonGil::Lock::turn_away(InnerLock& lock) {
  const bool hangs = others_hang_;
  lock.unlock();
  if (!hangs) throw SeatMustExit();
  for (;;) ::pause();
}

void CPythonGil::Lock::force_switch(Seat& seat) {
  const SwitchWait waiting(seat);
  switch_mutex_.lock();
  if (last_holder_.load(std::memory_order_relaxed) == &seat) {
    seat.breaker->fetch_and(~kDropRequest, std::memory_order_relaxed);
    switched_.wait(switch_mutex_);  // once: whoever takes the lock next signals
  }
  switch_mutex_.unlock();
}

void CPythonGil::breaker_set(Seat& seat, std::uint32_t) {
  if ((seat.breaker->load(std::memory_order_relaxed) & kDropRequest) != 0) yield(seat);
}

}  // namespace convoy
