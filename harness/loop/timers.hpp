// Sleeps ordered by deadline; the clock is the caller's, so that tests may invent one.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "harness/base/clock.hpp"
#include "harness/loop/queue.hpp"

namespace convoy {

// A binary heap, so a million sleepers cost twenty steps each. Equal deadlines keep the order they
// came in. Allocates only where it has never been as large. Used by one thread.
class Timers {
 public:
  bool empty() const { return heap_.empty(); }

  // Uses sleep.deadline.
  void add(Suspension& sleep) {
    heap_.push_back({sleep.deadline, sequence_++, &sleep});
    std::push_heap(heap_.begin(), heap_.end(), later);
  }
  std::optional<nanoseconds> next_deadline() const {
    if (heap_.empty()) return {};
    return heap_.front().deadline;
  }
  // Moves what is due at `time` into `due`, earliest first.
  void expire(nanoseconds time, SuspensionQueue& due) {
    while (!heap_.empty() && heap_.front().deadline <= time) {
      due.push(*heap_.front().sleep);
      std::pop_heap(heap_.begin(), heap_.end(), later);
      heap_.pop_back();
    }
  }
  void clear() { heap_.clear(); }

 private:
  struct Entry {
    nanoseconds deadline;
    std::uint64_t sequence;
    Suspension* sleep;
  };
  static bool later(const Entry& a, const Entry& b) {
    return a.deadline != b.deadline ? a.deadline > b.deadline : a.sequence > b.sequence;
  }

  std::vector<Entry> heap_;
  std::uint64_t sequence_ = 0;
};

}  // namespace convoy
