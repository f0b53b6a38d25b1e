// What a thread has used, read at the start and at the end of a round without allocating.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "harness/base/clock.hpp"
#include "harness/base/unique_fd.hpp"

namespace convoy {

// Counts since the thread began, or between two readings. Trivially copyable, so that it can live
// in memory shared between processes. Absent: the kernel does not say.
struct ThreadUsage {
  nanoseconds cpu{};
  std::optional<nanoseconds> run_delay;  // runnable, but another thread had the CPU
  std::int64_t switches_voluntary = 0;
  std::int64_t switches_involuntary = 0;
  std::int64_t faults_minor = 0;
  std::int64_t faults_major = 0;
  std::optional<std::int64_t> migrations;

  friend ThreadUsage operator-(const ThreadUsage& end, const ThreadUsage& start);
  ThreadUsage& operator+=(const ThreadUsage& other);  // absent if absent in either
};

// Reads the usage of the thread that made it, through files it opened then: make it on the seat,
// before the round, and call read() from the same thread only. Never blocks; read() costs some
// microseconds, run_delay() about one.
class ThreadMeter {
 public:
  ThreadMeter();
  ThreadUsage read() const noexcept;
  std::optional<nanoseconds> run_delay() const noexcept;

 private:
  std::optional<std::int64_t> migrations() const noexcept;

  UniqueFd schedstat_;
  UniqueFd perf_migrations_;
  UniqueFd sched_;  // the slower source of migrations, where perf events are refused
};

struct HardwareCounts {
  std::optional<std::int64_t> instructions;
  std::optional<std::int64_t> cycles;
  std::optional<std::int64_t> cache_misses;
};

// The processor's own counters of the calling thread, in user mode; most virtual machines have
// none. Made, started and read by the thread it measures; system calls that do not block.
class HardwareCounters {
 public:
  HardwareCounters();
  void start() noexcept;
  HardwareCounts stop() noexcept;
  // Why some counter is absent; empty when all are there.
  const std::string& reason() const { return reason_; }

 private:
  UniqueFd instructions_;
  UniqueFd cycles_;
  UniqueFd cache_misses_;
  std::string reason_;
};

}  // namespace convoy
