// The memory that seats record into and the controller reads: a record and a buffer of events a
// seat.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "harness/base/mapping.hpp"
#include "harness/machine/state_recorder.hpp"

namespace convoy {

// Made by the controller before it forks the host. While a round runs each seat writes its own
// part; afterwards the controller reads.
class Recording {
 public:
  // Throws std::system_error where there is not as much memory.
  Recording(int seats, std::size_t events_per_seat);

  SeatRecord& record(int seat) const;
  std::span<TraceEvent> buffer(int seat) const;
  std::size_t events_per_seat() const { return events_per_seat_; }
  // What is left of a seat's round, the oldest event first.
  std::vector<TraceEvent> events(int seat) const;

 private:
  std::size_t events_per_seat_;
  Mapping records_;
  Mapping events_;
};

}  // namespace convoy
