// What the locks of all versions of Ruby have in common: how long a thread may run.
#pragma once

#include <cstdint>

#include "harness/gil/condvar.hpp"
#include "harness/gil/gil.hpp"

namespace convoy {

// What those policies derive from. A holder is interrupted while others wait; each interrupt that
// it finds at a checkpoint stands for a fixed time, and once these times add up to its slice the
// holder lets go. They begin anew when another seat has had the lock. Called by the seats, from
// their own threads; what blocks is up to the policies.
class RubyGil : public Gil {
 public:
  // Of every such policy, in this order and before its own.
  static const Parameter<nanoseconds> interval;
  static const Parameter<std::int64_t> priority;

 protected:
  RubyGil(nanoseconds slice, nanoseconds time_of_interrupt)
      : slice_(slice), time_of_interrupt_(time_of_interrupt) {}

  void attach(Seat& seat) override { seat.breaker = &seat.own_breaker; }

  // Who queues, on the stack of that seat; has a condition variable to itself.
  struct Waiter {
    Seat* seat = nullptr;
    bool signalled = false;  // told that the lock is free, and not awake yet
    Condvar wake{};
  };

  // The arguments of a policy whose parameters begin with those above.
  static nanoseconds slice_of(const std::vector<std::int64_t>& arguments) {
    return nanoseconds(arguments.at(0)) * (std::int64_t{1} << arguments.at(1));
  }
  // Of the holder. Relaxed: the word is a hint, and an interrupt seen late is a late one.
  static void interrupt(Seat& seat) {
    seat.own_breaker.fetch_or(kInterrupt, std::memory_order_relaxed);
  }
  // By the holder at a checkpoint; true when its slice is over. An interrupt that came as it let go
  // of the lock waits for it and counts later, as in Ruby.
  bool slice_is_over(Seat& seat) const;
  void begin_slice(Seat& seat) { seat.gil_private = 0; }
  // By whoever takes the lock, where holders are kept apart.
  void account_holder(Seat& seat) {
    if (last_holder_ != &seat) begin_slice(seat);
    account_switch(seat, last_holder_);
    last_holder_ = &seat;
  }

 private:
  // The rest of the breaker word is not the lock's.
  static constexpr std::uint32_t kInterrupt = 1;

  const nanoseconds slice_, time_of_interrupt_;
  const Seat* last_holder_ = nullptr;
};

}  // namespace convoy
