#include <atomic>
#include <cerrno>
#include <mutex>
#include <optional>
#include <utility>

#include "harness/base/check.hpp"
#include "harness/gil/condvar.hpp"
#include "harness/gil/gil.hpp"
#include "harness/gil/inner_lock.hpp"
#include "harness/gil/ticker.hpp"

namespace convoy {
namespace {

using namespace std::chrono_literals;

// The master lock of OCaml 4's threads. A tick thread asks every 50 ms, whoever waits and since
// whenever, that the holder let others in; whoever comes to a checkpoint next does so, if anybody
// waits. Called by the seats, from their own threads; take blocks until the lock is free, drop
// only for as long as the flag is in use.
class OCaml4 final : public Gil {
 public:
  OCaml4(bool sure_to_switch, nanoseconds interval)
      : sure_to_switch_(sure_to_switch), ticker_(mutex_, interval, [this] {
          preempt_.fetch_or(kPreempt, std::memory_order_relaxed);
          return true;
        }) {}

 protected:
  void attach(Seat& seat) override;
  bool take(Seat& seat) override;
  void drop(Seat& seat, ReleaseReason why) override;
  void breaker_set(Seat& seat, std::uint32_t ticks) override;

 private:
  // The rest of the breaker word is not the lock's.
  static constexpr std::uint32_t kPreempt = 1;
  // gil_private is the number of the holding that the seat gave away, and must not be the next to
  // follow; or this, which no holding has.
  static constexpr std::int64_t kGaveNothingAway = -1;

  void wait_until_free(std::int64_t given_away);

  const bool sure_to_switch_;

  // Relaxed: hints, acted on by taking the mutex; who reads one late acts on it a checkpoint, or a
  // tick, later. The first is the breaker word of all seats.
  alignas(64) std::atomic<std::uint32_t> preempt_{0};
  std::atomic<int> waiters_{0};  // changed under mutex_

  alignas(64) std::mutex mutex_;  // guards all of the rest
  Condvar is_free_;
  bool busy_ = false;
  std::int64_t holding_ = 0;  // the number of the present or the last one
  int signalled_ = 0;         // waiters signalled and not yet awake
  const Seat* last_holder_ = nullptr;
  Ticker ticker_;  // last: its thread uses the members above
};

void OCaml4::attach(Seat& seat) {
  seat.breaker = &preempt_;
  seat.gil_private = kGaveNothingAway;
  const std::lock_guard guard(mutex_);
  ticker_.share_cpus();
}

void OCaml4::wait_until_free(std::int64_t given_away) {
  const int saved_errno = errno;
  ticker_.start();
  waiters_.fetch_add(1, std::memory_order_relaxed);
  while (busy_ || holding_ == given_away) {
    is_free_.wait(mutex_);
    if (signalled_ > 0) --signalled_;
  }
  const int others = waiters_.fetch_sub(1, std::memory_order_relaxed) - 1;
  if (others < signalled_) signalled_ = others;
  errno = saved_errno;
}

bool OCaml4::take(Seat& seat) {
  std::optional<RecordedWait> recorded;  // until the mutex is let go
  const InnerLock lock(mutex_, seat);
  const std::int64_t given_away = std::exchange(seat.gil_private, kGaveNothingAway);
  const bool waited = busy_ || holding_ == given_away;
  if (waited) {
    recorded.emplace(seat.recorder, WaitCause::gil);
    wait_until_free(given_away);
  } else if (signalled_ > 0 && seat.gil_accounting) {
    ++seat.gil.steals;
  }
  busy_ = true;
  ++holding_;
  account_switch(seat, last_holder_);
  last_holder_ = &seat;
  return waited;
}

void OCaml4::drop(Seat& seat, ReleaseReason why) {
  {
    const InnerLock lock(mutex_, seat);
    CONVOY_CHECK(busy_, "a seat released a lock that nobody held");
    busy_ = false;
    const int waiters = waiters_.load(std::memory_order_relaxed);
    // Where OCaml lets go and waits in one step, this seat remembers to wait.
    if (sure_to_switch_ && why == ReleaseReason::yield && waiters > 0) seat.gil_private = holding_;
    if (signalled_ < waiters) ++signalled_;
  }
  is_free_.signal();
}

void OCaml4::breaker_set(Seat& seat, std::uint32_t) {
  preempt_.fetch_and(~kPreempt, std::memory_order_relaxed);
  if (waiters_.load(std::memory_order_relaxed) > 0) yield(seat);
}

const Choice yield_kind{"yield",
                        {"new", "old"},
                        "How the holder lets others in: by waiting until one has taken the lock, "
                        "as OCaml 4.09 and later, or by releasing and taking it again, as before"};
const Parameter interval{"interval", 50ms, "The time between two ticks", 1us, 1h};

std::unique_ptr<Gil> make(const std::vector<std::int64_t>& arguments) {
  return std::make_unique<OCaml4>(arguments.at(0) == 0, nanoseconds(arguments.at(1)));
}

// The tick that lets the sleeper in is also the one its next wait is counted from.
const GilRegistration registration{
    {"ocaml4",
     "OCaml 4: every 50 ms a tick makes the holder let others in, whoever waits",
     {&yield_kind, &interval},
     make,
     LatenessLaw{.intervals = 1, .sleeps = 1, .least = -500us, .most = 1ms}}};

}  // namespace
}  // namespace convoy
