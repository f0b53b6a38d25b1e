// The locks that no interpreter has, against the same algorithms written out here.
#include <sched.h>

#include <atomic>
#include <cstdint>
#include <mutex>

#include "benchmarks/self/lock_comparison.hpp"

namespace convoy::self {
namespace {

struct PlainMutex {
  std::mutex mutex;

  [[gnu::noinline]] void acquire(const void*) { mutex.lock(); }
  [[gnu::noinline]] void release(const void*) { mutex.unlock(); }
};

struct PlainNone {
  [[gnu::noinline]] void acquire(const void* self) { benchmark::DoNotOptimize(self); }
  [[gnu::noinline]] void release(const void* self) { benchmark::DoNotOptimize(self); }
};

// Here and below, a thread that finds the lock taken merely lets others run: none ever does.
struct PlainTicket {
  alignas(64) std::atomic<std::uint32_t> next{0};
  alignas(64) std::atomic<std::uint32_t> serving{0};

  [[gnu::noinline]] void acquire(const void*) {
    const std::uint32_t mine = next.fetch_add(1);
    while (serving.load() != mine) ::sched_yield();
  }
  [[gnu::noinline]] void release(const void*) {
    const std::uint32_t following = serving.load(std::memory_order_relaxed) + 1;
    serving.store(following);
    if (next.load() != following) ::sched_yield();
  }
};

struct PlainParkingLot {
  std::atomic<std::uint8_t> state{0};

  [[gnu::noinline]] void acquire(const void*) {
    std::uint8_t unlocked = 0;
    while (!state.compare_exchange_strong(unlocked, 1)) {
      ::sched_yield();
      unlocked = 0;
    }
  }
  [[gnu::noinline]] void release(const void*) {
    std::uint8_t locked = 1;
    if (!state.compare_exchange_strong(locked, 0)) state.store(0);
  }
};

const ComparisonRegistration registrations[] = {
    ComparisonRegistration(lock_comparison<"mutex", PlainMutex>()),
    // A ratio to nothing says little: two calls that do nothing may cost two indirect calls.
    ComparisonRegistration(lock_comparison<"none", PlainNone>(Bar::more_steps_at_most, 1.6)),
    ComparisonRegistration(lock_comparison<"ticket", PlainTicket>()),
    ComparisonRegistration(lock_comparison<"parking_lot", PlainParkingLot>()),
};

}  // namespace
}  // namespace convoy::self
