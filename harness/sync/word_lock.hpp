// The lock of an object's own few words.
#pragma once

#include "harness/base/futex.hpp"

namespace convoy {

// Held for some ten instructions, within which nobody waits for anything else. One word, in memory
// that all who use it share; blocks on a futex. The states are those of Drepper's "Futexes are
// tricky": 0 free, 1 held, 2 held and perhaps waited for.
class WordLock {
 public:
  void lock(FutexScope scope) {
    std::uint32_t seen = 0;
    // Acquire: sees what the last holder wrote.
    if (word_.compare_exchange_strong(seen, 1, std::memory_order_acquire)) return;
    while (word_.exchange(2, std::memory_order_acquire) != 0) futex_wait(word_, 2, {}, scope);
  }
  void unlock(FutexScope scope) {
    // Release: the next holder sees what this one wrote.
    if (word_.exchange(0, std::memory_order_release) == 2) futex_wake(word_, 1, scope);
  }

 private:
  FutexWord word_{0};
};

}  // namespace convoy
