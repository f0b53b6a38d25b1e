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

// Time that passes only where somebody waits for it: for a process with one thread that is to work
// out an answer, of which its waits are no part. Off until begin() is called; then a wait with a
// limit ends at once, where nothing else can end it, and the clock of now() jumps to its end.
class VirtualTime {
 public:
  static void begin() { on_ = true; }
  static bool on() { return on_; }
  static nanoseconds ahead() { return ahead_; }
  static void jump_to(nanoseconds instant);

 private:
  inline static constinit bool on_ = false;
  inline static constinit nanoseconds ahead_{0};
};

// CLOCK_MONOTONIC since an arbitrary start, the same in every process of the machine that has no
// virtual time. Any thread; about 22 ns.
inline nanoseconds now() { return read_clock(CLOCK_MONOTONIC) + VirtualTime::ahead(); }

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

inline void VirtualTime::jump_to(nanoseconds instant) {
  if (const nanoseconds left = instant - now(); left.count() > 0) ahead_ += left;
}

}  // namespace convoy
