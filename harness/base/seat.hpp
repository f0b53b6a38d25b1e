// What the operating system schedules, and what is accounted to it: a thread, a process, or an
// event loop's carrier.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "harness/base/clock.hpp"
#include "harness/base/histogram.hpp"
#include "harness/base/seat_counters.hpp"
#include "harness/base/tally.hpp"

namespace convoy {

class Recorder;

// What an interpreter lock did to one seat. Written by the seat alone and read after its round.
struct GilAccount : GilCounts {
  Histogram holds;
};

// How many figures a workload may have.
constexpr std::size_t kMostFigures = 16;

// One seat. Lives in memory shared with the controller, on cache lines of its own; owned by the
// seat while a round runs. Only `breaker` is written by other seats.
struct alignas(128) Seat {
  int index = 0;
  // Whether clocks are read around the lock; fixed before the seat starts.
  bool gil_accounting = true;
  // Told of waits and of what the lock does; null while the round is not recorded.
  Recorder* recorder = nullptr;
  // The word a checkpoint looks at: non-zero asks the holder to enter the lock's slow path. Points
  // to `own_breaker`, or to a word all seats of one lock share; set by the lock when the seat
  // attaches.
  std::atomic<std::uint32_t>* breaker = &own_breaker;
  std::atomic<std::uint32_t> own_breaker{0};
  // Room for the lock's own per-seat state (a ticket, a count of bytecodes); meaning is the
  // policy's.
  std::int64_t gil_private = 0;
  // When the seat took the lock, 0 while it has not got it or is not accounted; and when it last
  // stood at a checkpoint's slow path.
  nanoseconds hold_began{0};
  nanoseconds last_checkpoint{0};

  GilAccount gil;
  SeatWaits waits;
  std::uint64_t lost = 0;         // updates of what is shared that another worker undid
  bool blocking_file_io = false;  // a regular file was read, written or flushed by a blocking call
  Histogram latency;  // of operations, or lateness: the workload's descriptor says which
  std::array<Tally, kMostFigures> figures{};  // in the order of the workload's
};

}  // namespace convoy
