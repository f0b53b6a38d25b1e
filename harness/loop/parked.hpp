// The waits for other workers that one carrier has parked, and when those with a limit give up.
#pragma once

#include <cstdint>
#include <optional>
#include <set>

#include "harness/base/clock.hpp"
#include "harness/work/operation.hpp"

namespace convoy {

// Linked through the waits themselves; those with a limit are ordered by it as well, which
// allocates. Used by one thread; the clock is the caller's.
class Parked {
 public:
  bool empty() const { return newest_ == nullptr; }
  ParkedOperation* newest() const { return newest_; }

  void add(ParkedOperation& operation) {
    operation.older = newest_;
    operation.newer = nullptr;
    if (newest_ != nullptr) newest_->newer = &operation;
    newest_ = &operation;
    if (!operation.timed) return;
    operation.sequence = sequence_++;
    timed_.insert(&operation);
  }
  void remove(ParkedOperation& operation) {
    (operation.newer == nullptr ? newest_ : operation.newer->older) = operation.older;
    if (operation.older != nullptr) operation.older->newer = operation.newer;
    forget_limit(operation);
  }
  // It waits on without a limit.
  void forget_limit(ParkedOperation& operation) {
    if (operation.timed) timed_.erase(&operation);
    operation.timed = false;
  }
  std::optional<nanoseconds> next_deadline() const {
    if (timed_.empty()) return {};
    return (*timed_.begin())->deadline;
  }
  // The first whose limit has passed at `time`, or null; it stays parked.
  ParkedOperation* late(nanoseconds time) const {
    if (timed_.empty() || (*timed_.begin())->deadline > time) return nullptr;
    return *timed_.begin();
  }

 private:
  struct Earlier {
    bool operator()(const ParkedOperation* a, const ParkedOperation* b) const {
      return a->deadline != b->deadline ? a->deadline < b->deadline : a->sequence < b->sequence;
    }
  };

  ParkedOperation* newest_ = nullptr;
  std::set<ParkedOperation*, Earlier> timed_;
  std::uint64_t sequence_ = 0;
};

}  // namespace convoy
