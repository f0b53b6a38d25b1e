#include "harness/gil/gil.hpp"

#include <algorithm>

namespace convoy {

void Gil::acquire_accounted(Seat& seat) {
  const nanoseconds before = now();
  const bool waited = take(seat);
  seat.hold_began = now();
  ++seat.gil.acquisitions;
  if (waited) {
    const std::int64_t wait = (seat.hold_began - before).count();
    ++seat.gil.waits;
    seat.gil.wait_ns += wait;
    seat.gil.longest_wait_ns = std::max(seat.gil.longest_wait_ns, wait);
  }
  if (seat.recorder != nullptr) [[unlikely]]
    seat.recorder->note({.at = seat.hold_began,
                         .argument = waited ? (seat.hold_began - before).count() : 0,
                         .kind = EventKind::gil_taken});
}

void Gil::release_accounted(Seat& seat, ReleaseReason why) {
  const nanoseconds time = now();
  const std::int64_t held = (time - seat.hold_began).count();
  seat.hold_began = nanoseconds(0);
  seat.gil.hold_ns += held;
  seat.gil.holds.add(held);
  if (why != ReleaseReason::yield) ++seat.gil.voluntary_releases;
  if (seat.recorder != nullptr) [[unlikely]]
    seat.recorder->note(
        {.at = time, .kind = EventKind::gil_released, .detail = static_cast<std::uint8_t>(why)});
  drop(seat, why);
}

void Gil::yield(Seat& seat) {
  if (seat.gil_accounting) ++seat.gil.forced_drops;
  release(seat, ReleaseReason::yield);
  acquire(seat);
}

std::uint32_t Gil::ticks_since(Seat& seat, std::uint32_t ticks) {
  if (ticks != 0) return ticks;
  const nanoseconds time = now();
  const std::int64_t elapsed = (time - seat.last_checkpoint).count();
  seat.last_checkpoint = time;
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(elapsed / 50, 1, 1'000'000'000));
}

}  // namespace convoy
