#include "harness/sync/barrier.hpp"

#include <fmt/format.h>

#include "harness/base/cpu_relax.hpp"

namespace convoy {
namespace {

// Longer than one seat comes after the other where all of them run, shorter than two switches.
constexpr nanoseconds kSpin = std::chrono::microseconds(50);

std::uint32_t checked(const char* name, std::int64_t parties, int workers) {
  if (parties < 1 || parties > workers)
    throw std::invalid_argument(fmt::format("barrier '{}' for {} of {} workers: give it 1 to {}",
                                            name, parties, workers, workers));
  return static_cast<std::uint32_t>(parties);
}

// A wait's ticket.
std::uint64_t ticket_of(std::uint32_t generation, std::uint32_t place) {
  return std::uint64_t{generation} << 32 | place;
}
std::uint32_t generation_of(std::uint64_t ticket) {
  return static_cast<std::uint32_t>(ticket >> 32);
}

}  // namespace

Barrier::Barrier(const ObjectPlace& place, std::int64_t parties)
    : SyncObject(place, "barrier",
                 parties == place.table->workers() ? FreedBy::all : FreedBy::anybody),
      parties_(checked(place.name, parties, place.table->workers())) {}

void Barrier::broken(const Worker& worker) const {
  misused(worker, "broken, because a worker's wait timed out: give every wait enough time");
}

bool Barrier::attempt(const Worker& worker) {
  // Relaxed: it does not change before this worker has come.
  const std::uint32_t generation = generation_.load(std::memory_order_relaxed);
  if ((generation & kBroken) != 0) broken(worker);
  const std::uint32_t place = come_.fetch_add(1, std::memory_order_acq_rel);
  worker.wait_slot()->ticket = ticket_of(generation, place);
  return place + 1 == parties_ && let_go(worker, generation);
}

bool Barrier::let_go(const Worker& worker, std::uint32_t generation) {
  come_.store(0, std::memory_order_relaxed);  // published by what follows
  bool intact = false;
  const auto open = [&] {
    intact = generation_.compare_exchange_strong(generation, generation + kNext,
                                                 std::memory_order_acq_rel);
  };
  if (worker.waiter() != nullptr) {
    wake_all_parked(open);
  } else {
    open();
    futex_wake_all(generation_, scope());
  }
  if (!intact) broken(worker);
  return true;
}

bool Barrier::block(Worker& worker, WaitLimit limit) {
  const std::uint32_t generation = generation_of(worker.wait_slot()->ticket);
  const auto over = [&] { return generation_.load(std::memory_order_acquire) != generation; };
  worker.block_on(name(), [&] {
    if (table().crew().may_spin) {
      // The clock is read now and then: whoever reads it looks later.
      const nanoseconds until = now() + kSpin;
      for (int looks = 1; !over(); ++looks) {
        cpu_relax();
        if (looks % 64 == 0 && now() >= until) break;
      }
    }
    while (!over()) {
      if (block_on_word(worker, generation_, generation, limit)) continue;
      std::uint32_t seen = generation;
      if (generation_.compare_exchange_strong(seen, generation | kBroken,
                                              std::memory_order_acq_rel))
        futex_wake_all(generation_, scope());
    }
  });
  return true;
}

bool Barrier::park(ParkedOperation& operation) {
  const Worker& worker = *operation.worker;
  const Guard guard(*this);
  if (generation_.load(std::memory_order_acquire) != generation_of(worker.wait_slot()->ticket))
    return false;
  enter_queue(operation);
  return true;
}

bool Barrier::leave(ParkedOperation& operation, ParkedOperation::Leaving why) {
  auto& barrier = static_cast<Barrier&>(*static_cast<SyncObject*>(operation.object));
  if (!barrier.leave_queue(operation, why)) return false;
  if (why == ParkedOperation::Leaving::late)
    barrier.wake_all_parked(
        [&] { barrier.generation_.fetch_or(kBroken, std::memory_order_acq_rel); });
  return true;
}

int Barrier::conclude(const Worker& worker, bool, bool) {
  const std::uint64_t ticket = worker.wait_slot()->ticket;
  if (generation_.load(std::memory_order_acquire) == (generation_of(ticket) | kBroken))
    broken(worker);
  return static_cast<int>(ticket & 0xFFFFFFFF);
}

void Barrier::reset() {
  come_.store(0, std::memory_order_relaxed);
  generation_.store(0, std::memory_order_relaxed);
  clear_queue();
}

}  // namespace convoy
