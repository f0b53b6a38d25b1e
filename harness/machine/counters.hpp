// What a thread has used, read at the start and at the end of a round without allocating.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>

#include "harness/base/clock.hpp"
#include "harness/base/seat_counters.hpp"
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
  std::optional<std::int64_t> told_migrations() const noexcept;

  UniqueFd schedstat_;
  UniqueFd sched_;
  // Where the kernel keeps no such file. Otherwise without it: to open the first event of a machine
  // takes 10 ms, others 0.1 ms, and each switch of a thread that has one takes longer.
  UniqueFd perf_migrations_;
};

// An event as perf_event_open(2) names it.
struct PerfEvent {
  std::uint32_t type = 0;
  std::uint64_t config = 0;
};
// What is counted as each of HardwareCounts, in their order.
using PerfEvents = std::array<PerfEvent, 4>;
// The processor's own.
const PerfEvents& processor_events();
// Why a thread cannot have these counted; empty where it can. A few system calls.
std::string refusal_to_count(const PerfEvents& events);
// The same of the processor's own, asked once; and these, where it counts them.
const std::string& refusal_of_processor();
std::optional<PerfEvents> countable_events();

// `count` of a time of `enabled`, where the counter ran for `running` of it; absent where it never
// did.
std::optional<std::int64_t> scaled_count(std::int64_t count, nanoseconds enabled,
                                         nanoseconds running);

// Counts events of the thread that made it, between start() and stop(), which that thread calls.
// Where they are refused, everything is absent. Never blocks; start() is one system call of some
// 0.5 us, stop() is three.
class HardwareCounters {
 public:
  explicit HardwareCounters(const PerfEvents& events);
  void start() noexcept;
  HardwareCounts stop() noexcept;

 private:
  friend std::string refusal_to_count(const PerfEvents& events);
  struct Reading {
    std::uint64_t number, enabled, running, counts[std::tuple_size_v<PerfEvents>];
  };
  std::optional<Reading> read() const noexcept;

  std::array<UniqueFd, std::tuple_size_v<PerfEvents>> events_;  // a group, which the first leads
  Reading before_{};
  int error_ = 0;  // errno of the event that was refused
};

}  // namespace convoy
