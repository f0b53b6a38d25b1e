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

// What is known of one seat outside its process. Lives in memory shared with the controller, on
// cache lines of its own, and so points to nothing; written by the seat while a round runs.
struct alignas(128) SeatAccount {
  int index = 0;
  // When the seat took the lock, 0 while it has not got it or is not accounted.
  nanoseconds hold_began{0};
  GilAccount gil;
  SeatWaits waits;
  std::uint64_t lost = 0;  // updates of what is shared that another worker undid
  Histogram latency;       // of operations, or lateness: the workload's descriptor says which
  std::array<Tally, kMostFigures> figures{};  // in the order of the workload's
};

// One seat, in the memory of its own process, which outlives whoever may still ask it for the lock.
// Used by the seat alone; only the breaker is written by other seats.
struct alignas(128) Seat {
  explicit Seat(SeatAccount& account)
      : index(account.index),
        hold_began(account.hold_began),
        gil(account.gil),
        waits(account.waits),
        lost(account.lost),
        latency(account.latency),
        figures(account.figures) {}
  Seat(const Seat&) = delete;

  const int index;
  // Whether clocks are read around the lock; fixed before the seat starts.
  bool gil_accounting = true;
  bool blocking_file_io = false;  // a regular file was read, written or flushed by a blocking call
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
  nanoseconds last_checkpoint{0};  // when it last stood at a checkpoint's slow path

  // The account.
  nanoseconds& hold_began;
  GilAccount& gil;
  SeatWaits& waits;
  std::uint64_t& lost;
  Histogram& latency;
  std::array<Tally, kMostFigures>& figures;
};

}  // namespace convoy
