#include "harness/base/seat_counters.hpp"

#include <algorithm>
#include <iterator>
#include <type_traits>

#include "harness/base/check.hpp"

namespace convoy {
namespace {

#define CONVOY_LINE(part, type, name, unit, combine, told, sentence) \
  SeatCounter{Part::part, #name, unit, Combine::combine, told, sentence, &type::name},
#define CONVOY_TIME(...) CONVOY_LINE(time, SeatTimes, __VA_ARGS__)
#define CONVOY_WAIT(...) CONVOY_LINE(waits, SeatWaits, __VA_ARGS__)
#define CONVOY_KERNEL(...) CONVOY_LINE(kernel, KernelCounts, __VA_ARGS__)
#define CONVOY_GIL(...) CONVOY_LINE(gil, GilCounts, __VA_ARGS__)
#define CONVOY_HARDWARE(...) CONVOY_LINE(hardware, HardwareCounts, __VA_ARGS__)
constexpr SeatCounter kSeatCounters[] = {
#include "harness/base/seat_counters.def"
};
#undef CONVOY_LINE

// Of a mean and a least, the parts of a sum know nothing.
static_assert(std::none_of(std::begin(kSeatCounters), std::end(kSeatCounters), [](const auto& c) {
  return c.combine == Combine::mean || c.combine == Combine::min;
}));
static_assert(std::is_trivially_copyable_v<SeatCounts>, "it lives in shared memory");

std::int64_t total_of(const std::vector<SeatCounts>& seats, const SeatCounter& counter) {
  std::int64_t total = 0;
  for (const SeatCounts& seat : seats) {
    const std::int64_t value = seat.*counter.member;
    if (value < 0) return -1;
    total = counter.combine == Combine::max ? std::max(total, value) : total + value;
  }
  return total;
}

}  // namespace

const char* name_of(Part part) {
  switch (part) {
    case Part::time: return "time";
    case Part::waits: return "waits";
    case Part::kernel: return "kernel";
    case Part::gil: return "gil";
    case Part::hardware: return "hardware";
  }
  check_failed("part", __FILE__, __LINE__, "a part of a seat's account without a name");
}

std::string SeatCounter::full_name() const {
  const char* prefix = part == Part::gil ? "gil_" : part == Part::waits ? "wait_" : "";
  return prefix + std::string(name);
}

std::span<const SeatCounter> seat_counters() { return kSeatCounters; }

SeatCounts totals_of(const std::vector<SeatCounts>& seats) {
  SeatCounts totals;
  for (const SeatCounter& counter : kSeatCounters)
    totals.*counter.member = total_of(seats, counter);
  for (const SeatCounts& seat : seats)
    totals.counted_share = std::min(totals.counted_share, seat.counted_share);
  return totals;
}

}  // namespace convoy
