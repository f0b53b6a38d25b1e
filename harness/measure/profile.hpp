// Some rounds of one benchmark, every other one recorded: where the time went, and what recording
// cost.
#pragma once

#include <optional>
#include <vector>

#include "harness/measure/sampler.hpp"
#include "harness/measure/timeline.hpp"

namespace convoy {

struct ProfileOptions {
  int rounds = 5;           // of each sort, at least
  nanoseconds duration{0};  // goes on until all rounds have lasted for this long
  std::size_t events = 0;   // what a seat's buffer holds; 0: no round is recorded
  nanoseconds round_limit = std::chrono::seconds(60);
};

// One interpreter lock of the crew in the recorded round.
struct LockProfile {
  std::vector<int> seats;
  std::uint64_t holds = 0, waits = 0, forced_drops = 0, asks = 0;
  nanoseconds hold{0}, longest_hold{0}, wait{0}, longest_wait{0};
  std::optional<int> longest_hold_seat, longest_wait_seat;
  std::vector<int> longest_wait_holders;  // who had it meanwhile
};

// Made once, then read by the reports.
struct Profile {
  Case benchmark;
  CaseResult result;  // without samples, and without its benchmark
  std::vector<nanoseconds> plain_walls, recorded_walls;
  std::vector<nanoseconds> plain_cpus, recorded_cpus;  // of all seats
  // One recorded round, near their median; absent where none was recorded.
  RoundReport round;
  std::vector<SeatTrace> traces;  // one a seat
  std::size_t events_per_seat = 0;
  std::optional<nanoseconds> stolen;  // by the host of a virtual machine, from all CPUs

  // The medians of recorded ÷ plain, of wall time and of CPU time; absent where nothing was
  // recorded.
  std::optional<double> cost() const;
  std::optional<double> cpu_cost() const;
  std::uint64_t recorded_events() const;
  std::uint64_t dropped_events() const;
  // When the first seat reported in, and when the first began.
  nanoseconds arrived() const;
  nanoseconds begun() const;
  // The workers of a seat; background workers come after the others.
  std::vector<int> workers_of(int seat) const;
  // Empty without a lock.
  std::vector<LockProfile> locks() const;
};

// Runs the rounds, in one crew, and keeps one of them. Called by the controller. Throws as
// Sampler::take does.
Profile take_profile(Sampler& sampler, const Case& benchmark, const ProfileOptions& options);

}  // namespace convoy
