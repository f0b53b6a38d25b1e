#include "harness/model/recording.hpp"

#include <new>

namespace convoy {
namespace {

struct alignas(128) PaddedRecord {
  SeatRecord record;
};

}  // namespace

Recording::Recording(int seats, std::size_t events_per_seat)
    : events_per_seat_(events_per_seat),
      records_(sizeof(PaddedRecord) * static_cast<std::size_t>(seats)),
      events_(sizeof(TraceEvent) * events_per_seat * static_cast<std::size_t>(seats)) {
  for (int seat = 0; seat < seats; ++seat) new (&record(seat)) SeatRecord;
}

SeatRecord& Recording::record(int seat) const {
  return static_cast<PaddedRecord*>(records_.data())[seat].record;
}

std::span<TraceEvent> Recording::buffer(int seat) const {
  auto* const first = static_cast<TraceEvent*>(events_.data());
  return {first + events_per_seat_ * static_cast<std::size_t>(seat), events_per_seat_};
}

std::vector<TraceEvent> Recording::events(int seat) const {
  return events_in_order(buffer(seat), record(seat).events);
}

}  // namespace convoy
