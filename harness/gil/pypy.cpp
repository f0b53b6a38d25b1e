#include <atomic>
#include <cerrno>
#include <mutex>

#include "harness/base/cpu_relax.hpp"
#include "harness/gil/condvar.hpp"
#include "harness/gil/gil.hpp"
#include "harness/gil/inner_lock.hpp"

namespace convoy {
namespace {

using namespace std::chrono_literals;

// PyPy's lock: held means that both a word and a mutex are taken. Around a blocking call only the
// word is let go, which costs a store and wakes nobody: of the seats that wait one looks, at once
// and then every 100 us. When a count of bytecodes runs out while anybody waits, the mutex alone is
// let go, so that none but the seat that looks can get the lock. Called by the seats, from their
// own threads; take blocks until the lock is free, drop only for as long as the mutex's flag is in
// use. Source: thread_gil.c of PyPy 7.3.
class PyPy final : public Gil {
 public:
  PyPy(std::int64_t interval, nanoseconds bytecode)
      : interval_(interval), bytecode_(bytecode), ticker_(interval) {}

 protected:
  void attach(Seat& seat) override { seat.breaker = &always_; }
  bool take(Seat& seat) override;
  void drop(Seat& seat, ReleaseReason why) override;
  void breaker_set(Seat& seat, std::uint32_t ticks) override;

 private:
  static constexpr nanoseconds kPoll = 100us;
  static constexpr int kLeastLooks = 40, kMostLooks = 400;

  // Out of line, so that the fast paths stay short.
  [[gnu::noinline]] bool steal(Seat& seat);
  bool found_free_early(int waiting);
  bool take_word() {
    return taken_.load(std::memory_order_relaxed) == 0 &&
           taken_.exchange(1, std::memory_order_acquire) == 0;
  }
  [[gnu::noinline]] void hand_over(const Seat& seat);
  void account_holder(Seat& seat) {
    account_switch(seat, last_holder_);
    last_holder_ = &seat;
  }

  const std::int64_t interval_;
  const nanoseconds bytecode_;
  // Every checkpoint counts, so every checkpoint takes the slow path. Relaxed is enough: but for
  // the bit of signals the word never changes.
  std::atomic<std::uint32_t> always_{1};

  // The word. Acquire where it is taken and release where it is let go, so that the next holder
  // sees what the last one did.
  alignas(64) std::atomic<std::uint32_t> taken_{0};

  // Seats that wait, or are about to. Relaxed: a hint to the holder, who offers the lock one count
  // later if it reads the number late.
  alignas(64) std::atomic<int> waiting_{0};
  std::atomic<int> looks_{0};  // of the last seat that looked early; relaxed: any number will do
  std::mutex stealer_;         // of all waiters the one that looks has it, the others sleep on it

  // The mutex that is part of the lock, which one can wait for with a time-out: a flag, and what
  // guards it.
  std::mutex mutex_;
  Condvar mutex_free_;
  bool mutex_taken_ = true;  // under mutex_

  // The rest belongs to the holder; the word or the mutex orders it.
  alignas(64) std::int64_t ticker_;
  const Seat* last_holder_ = nullptr;
};

// Before a seat queues it looks some tens or hundreds of times, never the same number, whether the
// word comes free, until anybody else comes or goes. A few microseconds.
bool PyPy::found_free_early(int waiting) {
  int looks = looks_.load(std::memory_order_relaxed) * 2 + 1;
  while (looks >= kMostLooks) looks -= kMostLooks - kLeastLooks;
  looks_.store(looks, std::memory_order_relaxed);
  for (; looks >= 0 && waiting_.load(std::memory_order_relaxed) == waiting; --looks) {
    cpu_relax();
    if (take_word()) return true;
  }
  return false;
}

bool PyPy::steal(Seat& seat) {
  const int saved_errno = errno;
  const RecordedWait recorded(seat.recorder, WaitCause::gil);
  const int waiting = waiting_.fetch_add(1, std::memory_order_relaxed) + 1;
  // Who finds the lock free before those that queue offers it to them, and queues.
  if (found_free_early(waiting)) hand_over(seat);
  {
    const std::lock_guard stealer(stealer_);
    const std::lock_guard guard(mutex_);
    while (!take_word()) {
      if (mutex_taken_) mutex_free_.wait_until(mutex_, now() + kPoll);
      if (!mutex_taken_) {
        mutex_taken_ = true;
        break;
      }
    }
  }
  waiting_.fetch_sub(1, std::memory_order_relaxed);
  seat.last_checkpoint = 0ns;
  if (seat.gil_accounting) account_holder(seat);
  errno = saved_errno;
  return true;
}

// The exchange waits for every store before it: here and in drop, none is made in vain.
bool PyPy::take(Seat& seat) {
  if (taken_.exchange(1, std::memory_order_acquire) != 0) return steal(seat);
  if (seat.gil_accounting) account_holder(seat);
  return false;
}

void PyPy::drop(Seat& seat, ReleaseReason why) {
  if (why == ReleaseReason::yield) return hand_over(seat);
  if (seat.last_checkpoint != 0ns) seat.last_checkpoint = 0ns;
  taken_.store(0, std::memory_order_release);
}

void PyPy::hand_over(const Seat& seat) {
  {
    const InnerLock lock(mutex_, seat);
    mutex_taken_ = false;
  }
  mutex_free_.signal();
}

void PyPy::breaker_set(Seat& seat, std::uint32_t ticks) {
  // Time spent waiting or in a blocking call is no bytecode. Found out here, because taking the
  // lock costs less than reading the clock does.
  if (seat.last_checkpoint == 0ns)
    seat.last_checkpoint = seat.gil_accounting ? seat.hold_began : now();
  ticker_ -= ticks_since(seat, ticks, bytecode_);
  if (ticker_ >= 0) return;
  ticker_ = interval_;
  if (waiting_.load(std::memory_order_relaxed) > 0) yield(seat);
}

const Parameter interval{"interval", 10'000,
                         "Bytecodes after which the holder hands the lock to the waiter", 1,
                         1'000'000'000};

// By default the lock is handed over every 0.5 ms. A loop that PyPy 7.3.11 had compiled counted a
// hundredth of a bytecode a round, of 0.36 to 1.05 ns on one machine within minutes: hence a
// parameter, and not one more constant.
const Parameter bytecode{
    "bytecode", 50ns, "How long a bytecode takes, for workloads that do not count them", 1ns, 1s};

std::unique_ptr<Gil> make(const std::vector<std::int64_t>& arguments) {
  return std::make_unique<PyPy>(arguments.at(0), nanoseconds(arguments.at(1)));
}

const GilRegistration registration{
    {"pypy",
     "PyPy: released by a store, found by polling; handed over after 10000 bytecodes",
     {&interval, &bytecode},
     make,
     LatenessLaw{.intervals = 0, .sleeps = 0, .least = 100us, .most = 2ms}}};

}  // namespace
}  // namespace convoy
