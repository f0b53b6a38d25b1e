#include "harness/gil/gil.hpp"

#include <algorithm>

#include "harness/base/check.hpp"

namespace convoy {

void Gil::admit(Seat& seat) {
  attach(seat);
  admitted_.fetch_add(1, std::memory_order_relaxed);
  // Acquire: another thread has made that seat.
  Seat* main = main_.load(std::memory_order_acquire);
  while ((main == nullptr || seat.index < main->index) &&
         !main_.compare_exchange_weak(main, &seat, std::memory_order_release,
                                      std::memory_order_acquire)) {
  }
}

// Relaxed, here and below: the bit is all there is to know, and nothing is read through it.
void Gil::signal() {
  Seat* const main = main_.load(std::memory_order_acquire);
  CONVOY_CHECK(main != nullptr, "a signal came for an interpreter without seats");
  main->breaker->fetch_or(kSignal, std::memory_order_relaxed);
}

void Gil::checkpoint_slowly(Seat& seat, std::uint32_t ticks) {
  if ((seat.breaker->load(std::memory_order_relaxed) & kSignal) != 0) meet_signal(seat);
  if ((seat.breaker->load(std::memory_order_relaxed) & ~kSignal) != 0) breaker_set(seat, ticks);
}

void Gil::meet_signal(Seat& seat) {
  if (seat.gil_accounting) ++seat.gil.storm_checkpoints;
  signal_seen(seat);
  if (&seat != main_.load(std::memory_order_relaxed)) return;
  seat.breaker->fetch_and(~kSignal, std::memory_order_relaxed);
  if (seat.gil_accounting) ++seat.gil.signals_handled;
}

void Gil::acquire_accounted(Seat& seat, nanoseconds began) {
  const bool waited = take(seat);
  seat.hold_began = now();
  ++seat.gil.acquisitions;
  if (waited) {
    const std::int64_t wait = (seat.hold_began - began).count();
    ++seat.gil.waits;
    seat.gil.wait_ns += wait;
    seat.gil.longest_wait_ns = std::max(seat.gil.longest_wait_ns, wait);
  }
  if (seat.recorder != nullptr) [[unlikely]]
    seat.recorder->note({.at = seat.hold_began,
                         .argument = waited ? (seat.hold_began - began).count() : 0,
                         .kind = EventKind::gil_taken});
}

Gil::EndedHold::EndedHold(Seat& seat, ReleaseReason why)
    : seat_(seat),
      why_(why),
      end_(now()),
      length_(end_ - seat.hold_began),
      storm_((seat.breaker->load(std::memory_order_relaxed) & kSignal) != 0) {
  seat.hold_began = nanoseconds(0);
  if (seat.recorder != nullptr) [[unlikely]]
    seat.recorder->note(
        {.at = end_, .kind = EventKind::gil_released, .detail = static_cast<std::uint8_t>(why)});
}

Gil::EndedHold::~EndedHold() {
  seat_.gil.hold_ns += length_.count();
  seat_.gil.holds.add(length_.count());
  if (why_ != ReleaseReason::yield) {
    ++seat_.gil.voluntary_releases;
    return;
  }
  ++seat_.gil.forced_drops;
  if (storm_) ++seat_.gil.storm_releases;
}

void Gil::release_accounted(Seat& seat, ReleaseReason why) {
  const EndedHold hold(seat, why);
  drop(seat, why);
}

void Gil::yield(Seat& seat) {
  if (!seat.gil_accounting) {
    drop(seat, ReleaseReason::yield);
    take(seat);
    return;
  }
  const std::int64_t waited = seat.gil.wait_ns;
  const EndedHold hold(seat, ReleaseReason::yield);
  drop(seat, ReleaseReason::yield);
  // No clock is read while the lock is free: that would leave it free for several times as long as
  // the interpreter does. A forced switch has been accounted already.
  acquire_accounted(seat, hold.end() + nanoseconds(seat.gil.wait_ns - waited));
}

std::uint32_t Gil::ticks_since(Seat& seat, std::uint32_t ticks, nanoseconds tick) {
  if (ticks != 0) return ticks;
  constexpr std::int64_t kMost = 1'000'000'000;
  const std::int64_t whole = (now() - seat.last_checkpoint) / tick;
  const std::int64_t counted = std::clamp<std::int64_t>(whole, 0, kMost);
  seat.last_checkpoint += whole * tick;
  return static_cast<std::uint32_t>(counted);
}

}  // namespace convoy
