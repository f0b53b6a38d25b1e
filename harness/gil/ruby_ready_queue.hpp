// Ruby's lock since 3.3, shared by the policies that are made of it.
#pragma once

#include <deque>
#include <mutex>
#include <vector>

#include "harness/gil/ruby_gil.hpp"
#include "harness/gil/ticker.hpp"

namespace convoy {

// Who lets go hands the lock to the first of the queue, so that it is never free while anybody
// queues and nobody passes by. While somebody queues a timer thread interrupts the holder at every
// tick. Called by the seats, from their own threads; take blocks until it is handed the lock, drop
// only for as long as the queue is in use.
class RubyReadyQueue : public RubyGil {
 public:
  // After those of every lock of Ruby's.
  static const Parameter<nanoseconds> tick;

 protected:
  enum class HandOver : std::uint8_t {
    at_once,
    // Who lets go in front of a blocking call keeps the lock until a tick finds it still away.
    at_a_tick,
  };

  // The arguments of a policy whose parameters begin with interval, priority and tick.
  RubyReadyQueue(const std::vector<std::int64_t>& arguments, HandOver when_blocking);

  void attach(Seat& seat) override;
  bool take(Seat& seat) override;
  void drop(Seat& seat, ReleaseReason why) override;
  void breaker_set(Seat& seat, std::uint32_t ticks) override;

 private:
  void queue(Seat& seat);
  void hand_over();
  bool on_tick();

  const HandOver when_blocking_;

  std::mutex mutex_;  // guards all of the rest
  Seat* running_ = nullptr;
  bool away_ = false;  // the running seat is in a blocking call
  std::deque<Waiter*> ready_;
  Ticker ticker_;  // last: its thread uses the members above
};

}  // namespace convoy
