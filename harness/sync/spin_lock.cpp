#include "harness/sync/spin_lock.hpp"

#include "harness/base/cpu_relax.hpp"

namespace convoy {

constexpr int kLooks = 100;  // some 4 us

bool SpinLock::try_lock(const Worker& worker) {
  FutexWord& owner = slot().owner;
  for (int looks = table().crew().may_spin ? kLooks : 1; looks > 0; --looks) {
    std::uint32_t seen = owner.load(std::memory_order_relaxed);
    // Acquire: sees what the last holder did.
    if (seen == 0 &&
        owner.compare_exchange_strong(seen, number_of(worker), std::memory_order_acquire)) {
      tell_taken(*worker.wait_slot());
      return true;
    }
    cpu_relax();
  }
  return false;
}

void SpinLock::unlock(const Worker& worker) {
  FutexWord& owner = slot().owner;
  // Relaxed: it is this worker's number only if the worker itself has stored it.
  if (owner.load(std::memory_order_relaxed) != number_of(worker)) [[unlikely]]
    misused(worker, "released by a worker that does not hold it: try_lock() first");
  tell_released(*worker.wait_slot());
  owner.store(0, std::memory_order_release);
}

}  // namespace convoy
