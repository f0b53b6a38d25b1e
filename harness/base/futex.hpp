// Waiting on a 32-bit word of memory that threads share or, unless it is said to be private to
// them, forked children.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "harness/base/clock.hpp"

namespace convoy {

using FutexWord = std::atomic<std::uint32_t>;

// Whose word it is. Of a word of one process the kernel need not ask which memory it lies in, which
// is quicker; it is what pthread mutexes do.
enum class FutexScope { shared, process };

// Sleeps while `word` holds `expected`, until woken or until `deadline` (CLOCK_MONOTONIC,
// absolute). Returns false only when the deadline passed. Wakes spuriously: callers loop.
// libstdc++'s atomic::wait is no substitute, since its futexes are private to a process.
bool futex_wait(const FutexWord& word, std::uint32_t expected,
                std::optional<nanoseconds> deadline = {}, FutexScope scope = FutexScope::shared);

// Wakes up to `count` waiters of `word`; returns how many were woken.
// `scope` is the waiters'.
int futex_wake(FutexWord& word, int count, FutexScope scope = FutexScope::shared);
int futex_wake_all(FutexWord& word, FutexScope scope = FutexScope::shared);

}  // namespace convoy
