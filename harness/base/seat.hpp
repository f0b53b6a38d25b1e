// What the operating system schedules, and what is accounted to it: a thread, a process, or an
// event loop's carrier.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "harness/base/clock.hpp"
#include "harness/base/histogram.hpp"
#include "harness/base/tally.hpp"

namespace convoy {

class Recorder;

// What an interpreter lock did to one seat. Cumulative, written by the seat alone and read after
// its round; durations in nanoseconds. Zero while accounting is off.
struct GilAccount {
  std::int64_t hold_ns = 0;
  std::int64_t wait_ns = 0;
  std::int64_t longest_wait_ns = 0;  // of one acquisition
  std::uint64_t acquisitions = 0;
  std::uint64_t waits = 0;               // acquisitions that found the lock taken
  std::uint64_t switches = 0;            // acquisitions after another seat held it
  std::uint64_t same_worker = 0;         // acquisitions with nobody in between
  std::uint64_t voluntary_releases = 0;  // before blocking, or at the end
  std::uint64_t forced_drops = 0;     // at a checkpoint, because somebody asked or a count ran out
  std::uint64_t steals = 0;           // took a free lock while a signalled waiter was waking
  std::uint64_t signals_handled = 0;  // handlers run, in the main seat
  std::uint64_t storm_checkpoints = 0;  // on the slow path because a signal was pending
  std::uint64_t storm_releases = 0;     // forced drops while a signal was pending
  Histogram holds;
};

// Wall time a seat spent waiting, by cause. These overlap with run delay and are never added up.
struct SeatWaits {
  std::int64_t lock_ns = 0;
  std::int64_t io_ns = 0;
  std::int64_t sleep_ns = 0;
  std::int64_t gate_ns = 0;
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
