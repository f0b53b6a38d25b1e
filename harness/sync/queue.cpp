#include "harness/sync/queue.hpp"

#include <fmt/format.h>
#include <unistd.h>

namespace convoy {

QueueBase::QueueBase(const ObjectPlace& place, const char* kind, std::int64_t capacity)
    : SyncObject(place, kind, FreedBy::anybody),
      capacity_(static_cast<std::uint64_t>(capacity)),
      open_to_(capacity_),
      unfinished_({place.table, (std::string(place.name) + " (join)").c_str()}) {}

void QueueBase::check(const ObjectPlace& place, std::int64_t capacity, std::size_t each) {
  if (capacity < 1)
    throw std::invalid_argument(
        fmt::format("queue '{}' of {} items: give it room for 1 or more", place.name, capacity));
  const double wanted = static_cast<double>(capacity) * static_cast<double>(each);
  const double there =
      static_cast<double>(::sysconf(_SC_PHYS_PAGES)) * static_cast<double>(::sysconf(_SC_PAGESIZE));
  if (wanted > there)
    throw std::invalid_argument(fmt::format(
        "queue '{}' of {} items takes {:.1f} GiB, and this machine has {:.1f} GiB: give it fewer",
        place.name, capacity, wanted / (1U << 30), there / (1U << 30)));
}

void QueueBase::refuse(const Worker& worker, const char* rule) const {
  throw QueueClosed(
      fmt::format("worker {}, {} '{}': {}", worker.index(), slot().kind.data(), name(), rule));
}

void QueueBase::close() {
  {
    const Guard guard(*this);
    open_to_ = 0;
  }
  wake_each_in_queue([](const Waking&) {});
}

}  // namespace convoy
