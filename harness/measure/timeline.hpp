// What the seats of a recorded round did, in the order of time: events made into slices.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "harness/gil/gil.hpp"
#include "harness/machine/state_recorder.hpp"

namespace convoy {

// What one seat recorded of a round. A value.
struct SeatTrace {
  SeatRecord record;
  std::vector<TraceEvent> events;  // the oldest first
};

enum class SeatState : std::uint8_t { running, runnable, waiting, start_line };

struct StateSlice {
  nanoseconds begin{0}, end{0};
  SeatState state = SeatState::running;
  WaitCause cause = WaitCause::gil;  // while waiting, as is the kind
  std::uint8_t kind = 0;
  nanoseconds runnable{0};  // while running: for how long it was preempted, nobody knows when
};

// While a seat held the lock.
struct Hold {
  int seat = 0;
  nanoseconds begin{0}, end{0};
  ReleaseReason ended = ReleaseReason::exit;
};

// From one seat to another.
struct Handover {
  int from = 0, to = 0;
  nanoseconds released{0}, taken{0};
};

// A worker's task from its resumption to its suspension.
struct TaskSlice {
  std::uint32_t worker = 0;
  nanoseconds begin{0}, end{0};
  std::uint8_t after = 0;  // an Operation::Kind, or kTaskStarts
};

// In order, without overlaps; without gaps, too, unless events were dropped: then they begin with
// the first that is known.
std::vector<StateSlice> state_slices(const SeatTrace& trace);
// From when on a seat's slices are known, but for that at the start: a full buffer dropped what is
// older.
nanoseconds known_from(const SeatTrace& trace);
std::vector<TaskSlice> task_slices(const SeatTrace& trace);
// Of the seats named, which share a lock: by their begins.
std::vector<Hold> holds_of(const std::vector<SeatTrace>& traces, std::span<const int> seats);
// Between holds that follow each other and are of different seats.
std::vector<Handover> handovers_of(std::span<const Hold> holds);

// Who held the lock between two instants, in order, each seat once.
std::vector<int> holders_between(std::span<const Hold> holds, nanoseconds begin, nanoseconds end);

// "gil", "io: recv", "lock: mutex", "sleep"; and the kinds' own names: "recv", "poll".
std::string wait_name(WaitCause cause, std::uint8_t kind, const SeatRecord& record);
std::string kind_name(WaitCause cause, std::uint8_t kind, const SeatRecord& record);

}  // namespace convoy
