// switch_pingpong: what pairs of workers hand over, whatever wakes them.
#pragma once

#include <atomic>
#include <deque>
#include <stdexcept>

#include "benchmarks/runtimes/shared/runtime.hpp"

namespace convoy::runtimes {

// An operation is so many exchanges, there and back, as in the workload.
constexpr int kHalves = 2 * 32;

// A pair's: how many halves of exchanges it has done in this operation; 0 before and after each.
class Token {
 public:
  void pass(int half) { halves_.store(after(half), std::memory_order_release); }
  // Of whoever gets it. Throws where the token came out of turn.
  void expect(int half) const {
    // Acquire, with the releasing store above, where nothing else orders the two.
    if (halves_.load(std::memory_order_acquire) != after(half))
      throw std::runtime_error("wrong answer: the token came out of turn");
  }

 private:
  static int after(int half) { return (half + 1) % kHalves; }
  alignas(128) std::atomic<int> halves_{0};
};

// Of each pair a token, and of each worker what wakes it.
template <class Event>
class Pairs {
 public:
  template <class... Made>
  explicit Pairs(int workers, Made&... made) {
    if (workers % 2 != 0) throw std::runtime_error("it needs pairs: use an even number of workers");
    for (int worker = 0; worker < workers; ++worker) events_.emplace_back(made...);
    for (int pair = 0; pair < workers / 2; ++pair) tokens_.emplace_back();
  }
  static bool leads(int worker) { return worker % 2 == 0; }
  Token& token_of(int worker) { return tokens_[static_cast<std::size_t>(worker / 2)]; }
  Event& event_of(int worker) { return events_[static_cast<std::size_t>(worker)]; }
  Event& partners_event_of(int worker) { return event_of(worker ^ 1); }

  // A worker's part, where events have `set()`, and `wait()` that blocks and takes it back.
  void work(int worker, std::int64_t operations) {
    Token& token = token_of(worker);
    Event &own = event_of(worker), &others = partners_event_of(worker);
    for (; operations > 0; --operations)
      for (int half = 0; half < kHalves; ++half) {
        if ((half % 2 == 0) == leads(worker)) {
          token.pass(half);
          others.set();
        } else {
          own.wait();
          token.expect(half);
        }
      }
  }

 private:
  std::deque<Event> events_;  // they stay where they are
  std::deque<Token> tokens_;
};

}  // namespace convoy::runtimes
