// The recorder of a seat: divides its time into states and keeps the last events of its round.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>

#include "harness/base/states.hpp"
#include "harness/base/trace_ring.hpp"
#include "harness/machine/counters.hpp"

namespace convoy {

// What a recorder leaves of a round, in memory shared with the controller: written by the seat
// alone, read once the seat is done.
struct SeatRecord {
  SeatStates states;
  TraceCount events;
  std::uint64_t asks = 0;         // how often the seat asked the lock's holder to let go
  bool run_delay_known = true;    // the kernel tells it
  std::int64_t interpreter[2]{};  // seats of one interpreter lock have the same pair
  std::array<std::array<char, 24>, kWaitKinds> lock_names{};  // by kind of WaitCause::lock
};

// Made by a seat for itself, after any fork, and used from its own thread. Reads clocks, which are
// system calls, and never blocks.
class StateRecorder final : public Recorder {
 public:
  using Read = std::function<Reading()>;

  // `events` must not be empty. A reading costs some 0.5 µs, and twice that after the thread was
  // not running.
  StateRecorder(Read read, SeatRecord& record, std::span<TraceEvent> events);

  // Begins with a clean record. `arrived`: when the seat reported in at the start line.
  void begin_round(nanoseconds arrived);
  void end_round();

  void begin_wait(WaitCause cause, std::uint8_t kind) override;
  void end_wait() override;
  std::uint8_t kind_of_lock(const char* name) override;
  void note(const TraceEvent& event) override;

 private:
  Read read_;
  SeatRecord& record_;
  StateLedger ledger_;
  TraceRing ring_;
  int depth_ = 0;  // of waits within waits
  nanoseconds last_operation_{0};
};

// The clocks of the thread that `meter` was made by, for a recorder on that thread.
StateRecorder::Read thread_clocks(const ThreadMeter& meter);

}  // namespace convoy
