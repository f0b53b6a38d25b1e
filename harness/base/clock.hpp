// The clocks of the harness: one wall clock, one CPU clock a thread, and strings for durations.
#pragma once

#include <time.h>

#include <chrono>
#include <string>

namespace convoy {

using std::chrono::nanoseconds;

inline nanoseconds read_clock(clockid_t id) {
  timespec time{};
  ::clock_gettime(id, &time);
  return std::chrono::seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
}

// CLOCK_MONOTONIC since an arbitrary start, the same in every process of the machine. Any thread;
// about 22 ns.
inline nanoseconds now() { return read_clock(CLOCK_MONOTONIC); }

// CPU time the calling thread has used, exact at the moment of the call; about 250 ns (a system
// call).
inline nanoseconds thread_cpu_time() { return read_clock(CLOCK_THREAD_CPUTIME_ID); }

// The time of day as ISO 8601, in UTC: "2026-03-01T12:30:05Z".
std::string utc_now();

// "1.2 s", "3.4 ms" or "120 us", for messages.
std::string rounded(nanoseconds time);

inline timespec to_timespec(nanoseconds time) {
  return {static_cast<time_t>(time.count() / 1'000'000'000),
          static_cast<long>(time.count() % 1'000'000'000)};
}

}  // namespace convoy
