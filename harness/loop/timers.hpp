// Sleeps ordered by deadline; the clock is the caller's, so that tests may invent one.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>

#include "harness/base/clock.hpp"
#include "harness/loop/queue.hpp"

namespace convoy {

// A hierarchical timer wheel, so that a sleeper among a million costs what one among ten does: it
// is hung into a slot by its deadline, and moves to finer slots as its time comes near. Slots are
// put in order before anybody in them is due, so nobody comes early, late or out of turn, and equal
// deadlines keep the order they came in. Links them through `next` and allocates once. Used
// by one thread.
class Timers {
 public:
  Timers();

  bool empty() const { return near_.list.empty() && filled_ == 0; }

  // Uses sleep.deadline.
  void add(Suspension& sleep) {
    const std::int64_t tick = tick_of(sleep.deadline);
    if (tick <= tick_) [[unlikely]]
      near_.add(sleep);
    else hang(sleep, tick);
  }
  // Of the one that is due first.
  std::optional<nanoseconds> next_deadline() const;
  // Moves what is due at `time` into `due`, earliest first. Time does not go back.
  void expire(nanoseconds time, SuspensionQueue& due);
  void clear();

 private:
  // One slot of the finest wheel is 66 us wide and the wheel 268 ms; each further wheel has one
  // slot for all of the one before. Together they reach to the end of the clock.
  static constexpr int kTickBits = 16, kFineBits = 12, kCoarseBits = 6, kCoarseWheels = 6;
  static constexpr std::size_t kFine = std::size_t{1} << kFineBits;
  static constexpr std::size_t kCoarse = std::size_t{1} << kCoarseBits;

  // Sleepers in the order they came, and what is known of their deadlines.
  struct Slot {
    SuspensionQueue list;
    nanoseconds earliest;  // meaningless while empty, as is the next
    nanoseconds latest;    // or kDisordered
    static constexpr auto kDisordered = nanoseconds::max();

    void add(Suspension& sleep) {
      const nanoseconds deadline = sleep.deadline;
      if (list.empty()) {
        earliest = latest = deadline;
      } else if (deadline >= latest) {
        latest = deadline;
      } else {
        latest = kDisordered;
        if (deadline < earliest) earliest = deadline;
      }
      list.push(sleep);
    }
  };
  struct Wheels {
    std::array<Slot, kFine> fine;
    std::array<std::array<Slot, kCoarse>, kCoarseWheels> coarse;
  };

  static std::int64_t tick_of(nanoseconds time) { return time.count() >> kTickBits; }
  static int shift_of(int wheel) { return wheel == 0 ? 0 : kFineBits + kCoarseBits * (wheel - 1); }

  // Into the wheel whose digit is the first to differ from the present's.
  void hang(Suspension& sleep, std::int64_t tick) {
    const auto differing = static_cast<std::uint64_t>(tick ^ tick_);
    if (differing < kFine) [[likely]] {
      const std::size_t slot = static_cast<std::size_t>(tick) % kFine;
      wheels_->fine[slot].add(sleep);
      fine_groups_ |= std::uint64_t{1} << (slot / 64);
      fine_slots_[slot / 64] |= std::uint64_t{1} << (slot % 64);
      filled_ |= 1;
      return;
    }
    const int wheel =
        (static_cast<int>(std::bit_width(differing)) - 1 - kFineBits) / kCoarseBits + 1;
    const std::size_t slot = static_cast<std::size_t>(tick >> shift_of(wheel)) % kCoarse;
    const auto index = static_cast<std::size_t>(wheel - 1);
    wheels_->coarse[index][slot].add(sleep);
    coarse_slots_[index] |= std::uint64_t{1} << slot;
    filled_ |= 1U << wheel;
  }
  // The wheel and the slot that come next; some wheel is filled.
  struct Place {
    int wheel;
    std::size_t slot;
  };
  Place first() const;
  Slot& slot(Place place) const {
    return place.wheel == 0
               ? wheels_->fine[place.slot]
               : wheels_->coarse[static_cast<std::size_t>(place.wheel - 1)][place.slot];
  }
  std::int64_t begin_of(Place place) const;
  Slot take(Place place);
  void expire_near(nanoseconds time, SuspensionQueue& due);

  std::int64_t tick_ = 0;  // the present: what is due up to its end is in near_
  Slot near_{};
  // Which slots are not empty, which words of fine_slots_ are not 0, and which wheels have any.
  std::uint32_t filled_ = 0;
  std::uint64_t fine_groups_ = 0;
  std::array<std::uint64_t, kFine / 64> fine_slots_{};
  std::array<std::uint64_t, kCoarseWheels> coarse_slots_{};
  std::unique_ptr<Wheels> wheels_;
};

}  // namespace convoy
