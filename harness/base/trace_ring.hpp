// A buffer for events in shared memory that drops the oldest when it is full.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "harness/base/recorder.hpp"

namespace convoy {

// How far a ring was written. In shared memory, beside the events.
struct TraceCount {
  std::uint64_t written = 0;
  std::uint64_t dropped(std::size_t capacity) const {
    return written > capacity ? written - capacity : 0;
  }
};

// The writing side, on memory that somebody else owns. Used by one seat; never blocks, never
// allocates.
class TraceRing {
 public:
  // `events` must not be empty.
  TraceRing(std::span<TraceEvent> events, TraceCount& count) : events_(events), count_(count) {}

  void clear() {
    count_.written = 0;
    next_ = 0;
  }
  void push(const TraceEvent& event) {
    events_[next_] = event;
    if (++next_ == events_.size()) next_ = 0;
    ++count_.written;
  }

 private:
  std::span<TraceEvent> events_;
  TraceCount& count_;
  std::size_t next_ = 0;
};

// What a ring holds, the oldest first. For the reader, once the writer is done.
std::vector<TraceEvent> events_in_order(std::span<const TraceEvent> events,
                                        const TraceCount& count);

}  // namespace convoy
