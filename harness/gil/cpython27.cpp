#include <semaphore.h>

#include <atomic>
#include <cerrno>

#include "harness/base/check.hpp"
#include "harness/gil/gil.hpp"

namespace convoy {
namespace {

using namespace std::chrono_literals;

// CPython's lock in 2.x, 3.0 and 3.1: one semaphore, and one count of bytecodes shared by all
// seats. When the count runs out the holder posts the semaphore and waits for it at once, so that
// it mostly takes it again before the seat it woke is running. While a signal is pending the count
// stays at 0, so that every checkpoint of every seat does so until the main one gets the lock.
// Called by the seats, from their own threads; take blocks without a limit, drop never.
class CPython27 final : public Gil {
 public:
  CPython27(std::int64_t interval, nanoseconds tick)
      : interval_(interval), tick_(tick), ticker_(interval) {
    if (sem_init(&free_, 0, 1) != 0) throw_errno("sem_init");
  }
  ~CPython27() override { sem_destroy(&free_); }

  void attach(Seat& seat) override { seat.breaker = &always_; }

 protected:
  bool take(Seat& seat) override;
  void drop(Seat& seat, ReleaseReason why) override;
  void breaker_set(Seat& seat, std::uint32_t ticks) override;
  void signal_seen(Seat&) override { ticker_ = 0; }

 private:
  const std::int64_t interval_;
  const nanoseconds tick_;
  // Every checkpoint counts, so every checkpoint takes the slow path. Relaxed is enough: but for
  // the bit of signals the word never changes.
  std::atomic<std::uint32_t> always_{1};

  alignas(64) sem_t free_;
  // Seats asleep on free_ or waking. Relaxed: an estimate for the account of steals, never acted
  // upon.
  std::atomic<int> waiting_{0};

  // The rest belongs to the holder; the semaphore orders it.
  alignas(64) std::int64_t ticker_;
  const Seat* last_holder_ = nullptr;
  bool woke_somebody_ = false;  // by the last post, and that seat has not got the lock yet
};

bool CPython27::take(Seat& seat) {
  bool waited = false;
  const int saved_errno = errno;  // before the first try, which sets it where it fails
  if (sem_trywait(&free_) != 0) {
    waited = true;
    const RecordedWait recorded(seat.recorder, WaitCause::gil);
    waiting_.fetch_add(1, std::memory_order_relaxed);
    while (sem_wait(&free_) != 0)
      CONVOY_CHECK(errno == EINTR, "sem_wait failed on the lock's own semaphore");
    waiting_.fetch_sub(1, std::memory_order_relaxed);
    errno = saved_errno;
  }
  if (woke_somebody_ && !waited && seat.gil_accounting) ++seat.gil.steals;
  woke_somebody_ = false;
  account_switch(seat, last_holder_);
  last_holder_ = &seat;
  // Time spent waiting or in a blocking call is no bytecode.
  if (waited || seat.last_checkpoint == nanoseconds(0)) seat.last_checkpoint = now();
  return waited;
}

void CPython27::drop(Seat& seat, ReleaseReason why) {
  if (why != ReleaseReason::yield) seat.last_checkpoint = nanoseconds(0);
  woke_somebody_ = waiting_.load(std::memory_order_relaxed) != 0;
  sem_post(&free_);
}

void CPython27::breaker_set(Seat& seat, std::uint32_t ticks) {
  ticker_ -= ticks_since(seat, ticks, tick_);
  if (ticker_ >= 0) return;
  ticker_ = interval_;
  // The lock comes with the first thread that is started; a program without any never pays for it.
  if (!alone()) yield(seat);
}

const Parameter interval{"interval", 100, "Bytecodes after which the holder offers the lock", 1,
                         1'000'000'000};

// Of the bytecodes that count, one in three does. CPython 2.7.18 that runs `while running[0]:
// count += 1` takes 5 ns a tick on one processor of 2024 and 12 to 15 ns on another of 2017: hence
// a parameter.
const Parameter tick{"tick", 5ns, "How long a tick takes, for workloads that do not count them",
                     1ns, 1s};

std::unique_ptr<Gil> make(const std::vector<std::int64_t>& arguments) {
  return std::make_unique<CPython27>(arguments.at(0), nanoseconds(arguments.at(1)));
}

const GilRegistration registration{
    {"cpython27",
     "CPython 2.x to 3.1: every 100 ticks the holder posts a semaphore and waits for it again at "
     "once",
     {&interval, &tick},
     make,
     LatenessLaw{.intervals = 0, .sleeps = 0, .least = -200us, .most = 300us}}};

}  // namespace
}  // namespace convoy
