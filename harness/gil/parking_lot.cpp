#include <sched.h>
#include <semaphore.h>

#include <atomic>
#include <cerrno>
#include <deque>
#include <mutex>

#include "harness/base/check.hpp"
#include "harness/gil/gil.hpp"
#include "harness/gil/inner_lock.hpp"

namespace convoy {
namespace {

using namespace std::chrono_literals;

// A waiter in the queue, on its own stack.
struct ParkedSeat {
  explicit ParkedSeat(nanoseconds fair_from_now) : fair_from(fair_from_now) {
    if (sem_init(&woken, 0, 0) != 0) throw_errno("sem_init");
  }
  ParkedSeat(const ParkedSeat&) = delete;
  ParkedSeat& operator=(const ParkedSeat&) = delete;
  ~ParkedSeat() { sem_destroy(&woken); }

  sem_t woken;
  const nanoseconds fair_from;  // when it has waited for so long that the lock is handed to it
  bool handed_over = false;     // written before it is woken
};

// The mutex of free-threaded CPython (PyMutex), which locks single objects there, in the place of
// an interpreter lock. Passers-by take it freely; only to a seat that has waited for a while is it
// handed over. No checkpoint gives it up. Called by the seats, from their own threads; take blocks
// until the holder lets go by itself, drop only for the short time the queue is in use.
class ParkingLot final : public Gil {
 public:
  ParkingLot(std::int64_t spins, nanoseconds fair) : spins_(spins), fair_(fair) {
    CPU_ZERO(&cpus_);
  }

  void attach(Seat& seat) override;

 protected:
  bool take(Seat& seat) override;
  void drop(Seat& seat, ReleaseReason why) override;
  void breaker_set(Seat&, std::uint32_t) override {}

 private:
  static constexpr std::uint8_t kLocked = 1, kHasParked = 2;

  // Out of line, lest the registers it needs be saved on every take.
  [[gnu::noinline]] bool take_slowly(Seat& seat);
  bool park(ParkedSeat& seat);
  void unpark_one(const Seat& seat);

  const std::int64_t spins_;
  const nanoseconds fair_;

  // kLocked and kHasParked. Acquire where it is locked and release where it is unlocked, so that
  // the next holder sees what the last one did. kHasParked changes under mutex_, or where nobody
  // is parked; a seat parks only while it is set.
  alignas(64) std::atomic<std::uint8_t> state_{0};
  // Seats woken without the lock and not running yet. Relaxed: an estimate for the account of
  // steals, never acted upon.
  std::atomic<int> waking_{0};
  const Seat* last_holder_ = nullptr;  // written by the holder

  alignas(64) std::mutex mutex_;
  std::deque<ParkedSeat*> parked_;  // under mutex_
  cpu_set_t cpus_;                  // under mutex_: where the attached seats may run
  int seats_ = 0;                   // under mutex_
  // Spinning pays while the holder runs on another CPU, which it may not where seats outnumber
  // CPUs. Relaxed: written as seats attach, and either value is right.
  std::atomic<bool> spinning_{false};
};

void ParkingLot::attach(Seat& seat) {
  seat.breaker = &seat.own_breaker;
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  // Fails where there are more CPUs than the set has room for: then nobody spins.
  const bool known = ::sched_getaffinity(0, sizeof allowed, &allowed) == 0;
  const std::lock_guard guard(mutex_);
  CPU_OR(&cpus_, &cpus_, &allowed);
  spinning_.store(known && ++seats_ <= CPU_COUNT(&cpus_), std::memory_order_relaxed);
}

bool ParkingLot::take(Seat& seat) {
  std::uint8_t unlocked = 0;
  bool waited = false;
  if (!state_.compare_exchange_strong(unlocked, kLocked, std::memory_order_acquire,
                                      std::memory_order_relaxed))
    waited = take_slowly(seat);
  if (seat.gil_accounting) {
    if (!waited && waking_.load(std::memory_order_relaxed) > 0) ++seat.gil.steals;
    account_switch(seat, last_holder_);
    last_holder_ = &seat;
  }
  return waited;
}

bool ParkingLot::take_slowly(Seat& seat) {
  const RecordedWait recorded(seat.recorder, WaitCause::gil);
  const int saved_errno = errno;
  ParkedSeat parked(now() + fair_);
  std::int64_t left = spinning_.load(std::memory_order_relaxed) ? spins_ : 0;
  bool waited = false;
  for (;;) {
    std::uint8_t seen = state_.load(std::memory_order_relaxed);
    if ((seen & kLocked) == 0) {
      if (state_.compare_exchange_weak(seen, seen | kLocked, std::memory_order_acquire,
                                       std::memory_order_relaxed))
        break;
      continue;
    }
    waited = true;
    // With somebody parked already the lock is in demand for longer than a spin.
    if ((seen & kHasParked) == 0 && left > 0) {
      --left;
      ::sched_yield();
      continue;
    }
    if ((seen & kHasParked) == 0 &&
        !state_.compare_exchange_weak(seen, kLocked | kHasParked, std::memory_order_relaxed))
      continue;
    if (park(parked)) break;
  }
  errno = saved_errno;
  return waited;
}

// True when the lock was handed over.
bool ParkingLot::park(ParkedSeat& seat) {
  {
    const std::lock_guard guard(mutex_);
    // Relaxed: a holder that unlocks with kHasParked set does so under mutex_.
    if (state_.load(std::memory_order_relaxed) != (kLocked | kHasParked)) return false;
    parked_.push_back(&seat);
  }
  while (sem_wait(&seat.woken) != 0)
    CONVOY_CHECK(errno == EINTR, "sem_wait failed on a parked seat's semaphore");
  if (!seat.handed_over) waking_.fetch_sub(1, std::memory_order_relaxed);
  return seat.handed_over;
}

void ParkingLot::drop(Seat& seat, ReleaseReason) {
  std::uint8_t seen = kLocked;
  if (!state_.compare_exchange_strong(seen, 0, std::memory_order_release,
                                      std::memory_order_relaxed)) {
    CONVOY_CHECK((seen & kLocked) != 0, "a seat released a lock that nobody held");
    unpark_one(seat);
  }
}

void ParkingLot::unpark_one(const Seat& seat) {
  ParkedSeat* first = nullptr;
  {
    const InnerLock lock(mutex_, seat);
    int state = 0;
    // Nobody is there yet where a seat has set the bit and is still on its way.
    if (!parked_.empty()) {
      first = parked_.front();
      parked_.pop_front();
      first->handed_over = now() > first->fair_from;
      if (first->handed_over) state = kLocked;
      else waking_.fetch_add(1, std::memory_order_relaxed);
      if (!parked_.empty()) state |= kHasParked;
    }
    state_.store(static_cast<std::uint8_t>(state), std::memory_order_release);
  }
  if (first != nullptr) sem_post(&first->woken);
}

const Parameter spins{"spins", 40, "How often a waiter yields and retries before it parks", 0,
                      1'000'000};
const Parameter fair{"fair", 1ms, "Wait after which the lock is handed directly to the waiter", 0us,
                     1h};

std::unique_ptr<Gil> make(const std::vector<std::int64_t>& arguments) {
  return std::make_unique<ParkingLot>(arguments.at(0), nanoseconds(arguments.at(1)));
}

const GilRegistration registration{
    {.name = "parking_lot",
     .description =
         "The object mutex of free-threaded CPython: spin, park, hand over after a millisecond",
     .parameters = {&spins, &fair},
     .make = make,
     .preempts = false}};

}  // namespace
}  // namespace convoy
