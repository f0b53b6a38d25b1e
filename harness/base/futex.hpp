// A futex that works across processes: waiting on a 32-bit word of memory shared by threads or by
// forked children.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "harness/base/clock.hpp"

namespace convoy {

using FutexWord = std::atomic<std::uint32_t>;

// Sleeps while `word` holds `expected`, until woken or until `deadline` (CLOCK_MONOTONIC,
// absolute). Returns false only when the deadline passed. Wakes spuriously: callers loop.
// libstdc++'s atomic::wait is no substitute, since its futexes are private to a process.
bool futex_wait(const FutexWord& word, std::uint32_t expected,
                std::optional<nanoseconds> deadline = {});

// Wakes up to `count` waiters of `word`; returns how many were woken.
int futex_wake(FutexWord& word, int count);
int futex_wake_all(FutexWord& word);

}  // namespace convoy
