// The job of timers: a million that sleep 10 ms, again and again.
#pragma once

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>

namespace convoy::peers {

constexpr int kSleepers = 1'000'000;
constexpr int kSleeps = 4;  // of each
constexpr std::chrono::milliseconds kSleep{10};

// Convoy's: coroutines on an event loop. Each side reports the CPU time of a sleep, and makes what
// sleeps before it looks at the clock.
void sleep_in_our_loop(benchmark::State& state);

}  // namespace convoy::peers
