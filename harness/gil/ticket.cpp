#include <algorithm>
#include <array>
#include <cerrno>

#include "harness/base/clock.hpp"
#include "harness/base/futex.hpp"
#include "harness/gil/gil.hpp"

namespace convoy {
namespace {

using namespace std::chrono_literals;

// First come, first served, a control: the lock is handed to the next seat in the queue before that
// seat runs, so nobody passes by. While others queue, a turn lasts for an interval. Called by the
// seats, from their own threads; take blocks until the seat's number comes up, drop never blocks.
class Ticket final : public Gil {
 public:
  explicit Ticket(nanoseconds interval) : interval_(interval) {}

  void attach(Seat& seat) override { seat.breaker = &queued_; }

 protected:
  bool take(Seat& seat) override;
  void drop(Seat& seat, ReleaseReason why) override;
  void breaker_set(Seat& seat, std::uint32_t ticks) override;

 private:
  // Out of line, lest the registers it needs be saved on every take.
  [[gnu::noinline]] void queue(Seat& seat, std::uint32_t ticket);

  // Where a seat sleeps until its number comes up, so that a hand-over wakes that seat alone; more
  // seats than places share some, and are woken in vain.
  struct alignas(64) Place {
    FutexWord changes{0};
  };
  Place& place_of(std::uint32_t ticket) { return places_[ticket % places_.size()]; }

  const nanoseconds interval_;

  // The next number to draw, and the number served. Sequentially consistent where one is changed
  // and the other looked at: then either the drawer sees that it is served, or the holder that
  // somebody has drawn.
  alignas(64) std::atomic<std::uint32_t> next_{0};
  alignas(64) std::atomic<std::uint32_t> serving_{0};
  std::array<Place, 64> places_;

  // Seats in the queue, and when the first of them joined it. Relaxed but for the pair that carries
  // the time to the holder: a count that is read late ends a turn a checkpoint late.
  alignas(64) std::atomic<std::uint32_t> queued_{0};
  std::atomic<nanoseconds> queued_since_{0ns};

  // The rest belongs to the holder; serving_ orders it.
  nanoseconds turn_began_{0};  // of a seat that had to queue
  const Seat* last_holder_ = nullptr;
};

void Ticket::queue(Seat& seat, std::uint32_t ticket) {
  const RecordedWait recorded(seat.recorder, WaitCause::gil);
  const int saved_errno = errno;
  if (queued_.load(std::memory_order_relaxed) == 0)
    queued_since_.store(now(), std::memory_order_relaxed);
  // Release: who reads the count reads the time, too.
  queued_.fetch_add(1, std::memory_order_release);
  const FutexWord& changes = place_of(ticket).changes;
  for (;;) {
    // Acquire: drop changes the number first and this word second. If the change is seen, so is the
    // number; if not, the word no longer holds what the futex expects, and it does not sleep.
    const std::uint32_t seen = changes.load(std::memory_order_acquire);
    // Acquire: what the last holder did is seen.
    if (serving_.load(std::memory_order_acquire) == ticket) break;
    futex_wait(changes, seen, {}, FutexScope::process);
  }
  turn_began_ = now();
  queued_.fetch_sub(1, std::memory_order_relaxed);
  errno = saved_errno;
}

bool Ticket::take(Seat& seat) {
  const std::uint32_t ticket = next_.fetch_add(1, std::memory_order_seq_cst);
  const bool waited = serving_.load(std::memory_order_seq_cst) != ticket;
  if (waited) queue(seat, ticket);
  if (seat.gil_accounting) {
    account_switch(seat, last_holder_);
    last_holder_ = &seat;
  }
  return waited;
}

void Ticket::drop(Seat&, ReleaseReason) {
  // Relaxed: only the holder changes it.
  const std::uint32_t following = serving_.load(std::memory_order_relaxed) + 1;
  serving_.store(following, std::memory_order_seq_cst);
  if (next_.load(std::memory_order_seq_cst) == following) return;
  FutexWord& changes = place_of(following).changes;
  // Release: who sees the change sees the number served, too.
  changes.fetch_add(1, std::memory_order_release);
  futex_wake_all(changes, FutexScope::process);
}

// Somebody queues. The turn counts from when there were both a holder and a queue.
void Ticket::breaker_set(Seat& seat, std::uint32_t) {
  // Acquire: with the release in queue.
  if (queued_.load(std::memory_order_acquire) == 0) return;
  const nanoseconds since = std::max(turn_began_, queued_since_.load(std::memory_order_relaxed));
  if (now() - since >= interval_) yield(seat);
}

const Parameter interval{"interval", 5ms, "How long a turn lasts while others queue", 1us, 1h};

std::unique_ptr<Gil> make(const std::vector<std::int64_t>& arguments) {
  return std::make_unique<Ticket>(nanoseconds(arguments.at(0)));
}

const GilRegistration registration{
    {"ticket",
     "A queue, a control: handed directly to the first in line, in turns of an interval",
     {&interval},
     make,
     LatenessLaw{.intervals = 1, .sleeps = 0, .least = 0ns, .most = 400us}}};

}  // namespace
}  // namespace convoy
