// Seats for tests of interpreter locks: made, attached, and watched until they block.
#pragma once

#include <unistd.h>

#include <atomic>
#include <deque>
#include <functional>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "harness/gil/gil.hpp"
#include "tests/gil/asleep.hpp"

namespace convoy::testing {

inline bool has_parameter(const GilPolicy& policy, const std::string& name) {
  for (const ParameterBase* parameter : policy.parameters)
    if (parameter->name() == name) return true;
  return false;
}

// Policies that count bytecodes are those whose interval is a count.
inline bool counts_ticks(const GilPolicy& policy) {
  for (const ParameterBase* parameter : policy.parameters)
    if (parameter->name() == "interval" && parameter->kind() == ParameterBase::Kind::count)
      return true;
  return false;
}

// One lock and its seats, attached. Used by the test's thread; each seat by one thread at a time.
class Seats {
 public:
  Seats(const std::string& gil, int count, bool accounting = true)
      : gil_(make_gil(parse_gil(gil))) {
    for (int i = 0; i < count; ++i) {
      accounts_.emplace_back().index = i;
      seats_.push_back(std::make_unique<Seat>(accounts_.back()));
      seats_.back()->gil_accounting = accounting;
      gil_->admit(*seats_.back());
    }
  }
  Gil& gil() { return *gil_; }
  Seat& operator[](int index) { return *seats_.at(static_cast<std::size_t>(index)); }
  int count() const { return static_cast<int>(seats_.size()); }

  void acquire(int seat) { gil_->acquire((*this)[seat]); }
  void release(int seat, ReleaseReason why = ReleaseReason::blocking) {
    gil_->release((*this)[seat], why);
  }
  void checkpoint(int seat, std::uint32_t ticks = 1) { gil_->checkpoint((*this)[seat], ticks); }
  bool asked(int seat) { return (*this)[seat].breaker->load(std::memory_order_relaxed) != 0; }

  // Runs `body(seat)` on a thread a seat, all at once, and returns when all have ended.
  void run(const std::function<void(int)>& body) {
    std::latch start(count());
    std::vector<std::jthread> threads;
    for (int i = 0; i < count(); ++i)
      threads.emplace_back([&, i] {
        start.arrive_and_wait();
        body(i);
      });
  }

  GilAccount sum() const {
    GilAccount sum;
    std::vector<SeatCounts> all;
    for (const auto& seat : seats_) {
      all.push_back({{}, {}, {}, seat->gil, {}});
      sum.holds.merge(seat->gil.holds);
    }
    static_cast<GilCounts&>(sum) = totals_of(all);
    return sum;
  }

 private:
  std::unique_ptr<Gil> gil_;
  std::deque<SeatAccount> accounts_;
  std::vector<std::unique_ptr<Seat>> seats_;
};

// A thread that acquires the lock for a seat, runs `then` and releases it.
class Waiter {
 public:
  Waiter(
      Seats& seats, int seat, std::function<void()> then = [] {})
      : thread_([this, &seats, seat, then = std::move(then)] {
          Recorder*& recorder = seats[seat].recorder;
          if (recorder == nullptr) recorder = &recorder_;
          tid_.store(::gettid());
          seats.acquire(seat);
          acquired_.store(true);
          then();
          seats.release(seat, ReleaseReason::exit);
          if (recorder == &recorder_) recorder = nullptr;
        }) {}

  bool acquired() const { return acquired_.load(); }
  void join() { thread_.join(); }
  // In the lock. Of a seat that has a recorder of its own already, ask that one.
  void wait_until_asleep() const { testing::wait_until_asleep(tid_, recorder_); }

 private:
  std::atomic<pid_t> tid_{0};
  WaitRecorder recorder_;
  std::atomic<bool> acquired_{false};
  std::jthread thread_;  // last: it uses the members above
};

// In which order the lock lets in seats 1, 2, ... `waiters`, which queued in that order while seat
// 0 held it.
inline std::vector<int> order_served(const std::string& gil, int waiters) {
  Seats seats(gil, waiters + 1);
  std::vector<int> order;  // plain: the lock alone protects it
  std::vector<std::unique_ptr<Waiter>> all;
  seats.acquire(0);
  for (int i = 1; i <= waiters; ++i) {
    all.push_back(std::make_unique<Waiter>(seats, i, [&order, i] { order.push_back(i); }));
    all.back()->wait_until_asleep();
    wait_until_all_sleep();
  }
  seats.release(0, ReleaseReason::exit);
  for (const auto& waiter : all) waiter->join();
  return order;
}

}  // namespace convoy::testing
