#include "harness/base/trace_ring.hpp"

#include <algorithm>

namespace convoy {

std::vector<TraceEvent> events_in_order(std::span<const TraceEvent> events,
                                        const TraceCount& count) {
  const auto kept =
      static_cast<std::size_t>(std::min(count.written, static_cast<std::uint64_t>(events.size())));
  std::vector<TraceEvent> ordered(events.begin(),
                                  events.begin() + static_cast<std::ptrdiff_t>(kept));
  if (count.dropped(events.size()) > 0) {
    const auto oldest = static_cast<std::ptrdiff_t>(count.written % events.size());
    std::rotate(ordered.begin(), ordered.begin() + oldest, ordered.end());
  }
  return ordered;
}

}  // namespace convoy
