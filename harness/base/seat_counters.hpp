// What a seat counts in a round, and the table of it: seat_counters.def has a line for each.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "harness/base/tally.hpp"

namespace convoy {

// Where a counter is told besides the sample's sums, and what else is to be known of it.
enum : unsigned {
  kInRow = 1,   // among the counters of a row
  kInSeat = 2,  // of every seat, in the samples
  kUntold = 4,  // the kernel may not say: -1
  kRare = 8,    // in rows only where it or another such counter of its part is not 0
};

// The parts of a seat's account. Cumulative within a round, written by the seat alone and read
// after it; -1: not known.
struct SeatTimes {
#define CONVOY_TIME(name, unit, combine, told, ...) std::int64_t name = kUntold & (told) ? -1 : 0;
#include "harness/base/seat_counters.def"
};
// Wall time spent waiting, by cause. These overlap with run delay and are never added up.
struct SeatWaits {
#define CONVOY_WAIT(name, ...) std::int64_t name = 0;
#include "harness/base/seat_counters.def"
};
struct KernelCounts {
#define CONVOY_KERNEL(name, unit, combine, told, ...) std::int64_t name = kUntold & (told) ? -1 : 0;
#include "harness/base/seat_counters.def"
};
// What an interpreter lock did to the seat. Zero while accounting is off.
struct GilCounts {
#define CONVOY_GIL(name, ...) std::int64_t name = 0;
#include "harness/base/seat_counters.def"
};
// What the processor counted, in user mode: all of it, or none. Where it counted for a part of the
// time only, because others used its counters too, as many as it would be for the whole.
struct HardwareCounts {
#define CONVOY_HARDWARE(name, ...) std::int64_t name = -1;
#include "harness/base/seat_counters.def"
  double counted_share = 1;  // that part: 1 is all of the time
};

// All that a seat counted, or all seats.
struct SeatCounts : SeatTimes, SeatWaits, KernelCounts, GilCounts, HardwareCounts {};

// The same parts by name.
enum class Part : std::uint8_t { time, waits, kernel, gil, hardware };
const char* name_of(Part part);

// One line of the table.
struct SeatCounter {
  Part part;
  const char* name;  // within its part
  const char* unit;
  Combine combine;  // how it is told in a row; over seats, rates are sums
  unsigned told;
  const char* sentence;
  std::int64_t SeatCounts::* member;

  // Beside counters of other parts: "gil_waits", "wait_io_ns", "cpu_ns".
  std::string full_name() const;
};
std::span<const SeatCounter> seat_counters();

// Over all seats; -1 where one of them does not know.
SeatCounts totals_of(const std::vector<SeatCounts>& seats);

}  // namespace convoy
