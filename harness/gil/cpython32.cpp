#include <atomic>
#include <cerrno>
#include <mutex>

#include "harness/gil/condvar.hpp"
#include "harness/gil/gil.hpp"

namespace convoy {
namespace {

using namespace std::chrono_literals;

// CPython's lock from 3.2 to 3.12. Who waits for a whole interval without seeing the lock change
// hands asks the holder to drop it; a holder that dropped it on request waits until somebody else
// has taken it (the forced switch). Called by the seats, from their own threads; take blocks until
// the lock is free, drop until the forced switch has happened.
class CPython32 final : public Gil {
 public:
  CPython32(nanoseconds interval, bool forced, bool timeout)
      : interval_(interval), forced_(forced), timeout_(timeout) {}

  void attach(Seat& seat) override { seat.breaker = &drop_request_; }

 protected:
  bool take(Seat& seat) override;
  void drop(Seat& seat, ReleaseReason why) override;
  void breaker_set(Seat& seat, std::uint32_t ticks) override;

 private:
  void wait_until_free();
  void force_switch(Seat& seat);

  const nanoseconds interval_;
  const bool forced_;
  const bool timeout_;

  std::mutex mutex_;
  Condvar free_;
  bool locked_ = false;              // under mutex_
  std::uint64_t switch_number_ = 0;  // under mutex_
  int waiting_ = 0;                  // under mutex_: seats inside wait_until_free
  int signalled_ = 0;                // under mutex_: of these, those signalled and not yet awake

  std::mutex switch_mutex_;
  Condvar switched_;
  // Who holds the lock or held it last. Relaxed: the forced switch compares it under switch_mutex_,
  // under which every taker changes it; the one store outside, in drop, stores what the taker had
  // stored.
  std::atomic<const Seat*> last_holder_{nullptr};

  // One word for all seats: the holder's checkpoints read it. Relaxed: a hint that is acted on by
  // taking mutex_, and who reads it late merely drops the lock a checkpoint later.
  alignas(64) std::atomic<std::uint32_t> drop_request_{0};
};

void CPython32::wait_until_free() {
  ++waiting_;
  while (locked_) {
    const std::uint64_t seen = switch_number_;
    bool timed_out = false;
    if (timeout_) timed_out = !free_.wait_until(mutex_, now() + interval_);
    else free_.wait(mutex_);
    if (!timed_out && signalled_ > 0) --signalled_;
    // A switch in the meantime means that holders do change: nobody is asked, and a new interval
    // begins.
    if (timed_out && locked_ && switch_number_ == seen)
      drop_request_.store(1, std::memory_order_relaxed);
  }
  if (--waiting_ < signalled_) signalled_ = waiting_;
}

bool CPython32::take(Seat& seat) {
  const int saved_errno = errno;
  mutex_.lock();
  const bool waited = locked_;
  if (waited) wait_until_free();
  else if (signalled_ > 0 && seat.gil_accounting) ++seat.gil.steals;

  switch_mutex_.lock();
  locked_ = true;
  const Seat* previous = last_holder_.load(std::memory_order_relaxed);
  if (previous != &seat) {
    last_holder_.store(&seat, std::memory_order_relaxed);
    ++switch_number_;
  }
  switched_.signal();
  switch_mutex_.unlock();

  if (drop_request_.load(std::memory_order_relaxed) != 0)
    drop_request_.store(0, std::memory_order_relaxed);
  mutex_.unlock();
  account_switch(seat, previous);
  errno = saved_errno;
  return waited;
}

void CPython32::drop(Seat& seat, ReleaseReason why) {
  last_holder_.store(&seat, std::memory_order_relaxed);
  mutex_.lock();
  CONVOY_CHECK(locked_, "a seat released a lock that nobody held");
  locked_ = false;
  if (signalled_ < waiting_) ++signalled_;
  free_.signal();
  mutex_.unlock();
  // Also in front of a blocking call, which then starts only after somebody else has had the lock.
  if (forced_ && why != ReleaseReason::exit && drop_request_.load(std::memory_order_relaxed) != 0)
    force_switch(seat);
}

void CPython32::force_switch(Seat& seat) {
  const nanoseconds before = seat.gil_accounting ? now() : 0ns;
  switch_mutex_.lock();
  if (last_holder_.load(std::memory_order_relaxed) == &seat) {
    drop_request_.store(0, std::memory_order_relaxed);
    switched_.wait(switch_mutex_);  // once: whoever takes the lock next signals
  }
  switch_mutex_.unlock();
  if (seat.gil_accounting) seat.gil.wait_ns += (now() - before).count();
}

void CPython32::breaker_set(Seat& seat, std::uint32_t) { yield(seat); }

const Parameter interval{
    "interval", 5ms, "How long a waiter waits before it asks the holder to drop the lock", 1us, 1h};
const Flag forced{"forced", true,
                  "Who drops the lock on request waits until somebody else has taken it"};
const Flag timeout{"timeout", true,
                   "Waiters ask at all; without it they wait until the holder lets go by itself"};

std::unique_ptr<Gil> make(const std::vector<std::int64_t>& arguments) {
  return std::make_unique<CPython32>(nanoseconds(arguments.at(0)), arguments.at(1) != 0,
                                     arguments.at(2) != 0);
}

const GilRegistration registration{
    {"cpython32",
     "CPython 3.2 to 3.12: waiters ask after an interval, and the asked must switch",
     {&interval, &forced, &timeout},
     make,
     LatenessLaw{.intervals = 1, .sleeps = 0, .least = 0ns, .most = 400us}}};

}  // namespace
}  // namespace convoy
