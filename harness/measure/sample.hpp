// One measured round, and everything kept of one benchmark.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "harness/base/statistics.hpp"
#include "harness/measure/case.hpp"
#include "harness/measure/disturbance.hpp"
#include "harness/model/host.hpp"

namespace convoy {

// What the lock did in one round, beyond what seats count.
struct GilSample {
  double hold_p50_ns = 0;
  double jain = 1;  // (Σx)² ÷ (n Σx²) of the seats' hold times: 1 is fair, 1/n is one seat alone
};

// One measured round of one benchmark.
struct Sample {
  int pass = 0;
  nanoseconds wall{0}, start_skew{0}, turnround{0};
  std::uint64_t operations = 0;
  std::uint64_t lost = 0;  // updates, see CountsLost
  std::vector<SeatCounts> seats;
  std::vector<Tally> figures;  // in the order of the workload's; empty: nothing was told
  std::vector<double> matrix;  // a row a worker, see MatrixFigure
  GilSample gil;
  CrewMemory memory;
  // Of workloads whose workers are weighed: in the processes, and in the kernel.
  std::optional<double> bytes_per_worker, kernel_bytes_per_worker;
  std::set<Disturbance> disturbed;
  std::optional<double> yardstick;       // the slowest of its CPUs, see Yardsticks
  std::optional<double> peer_cpu_share;  // of the round, that the peer used; absent without one

  // Wall and CPU time of one operation, in nanoseconds.
  double real_time_ns() const;
  double cpu_time_ns() const;
  SeatCounts totals() const { return totals_of(seats); }
};

// Of a million updates of what is shared, those undone by another worker; absent for workloads
// that do not count them.
std::optional<double> lost_per_million(const Workload& workload, const Sample& sample);

// All that one seat counted in a round.
SeatCounts counts_of(const RoundReport& round, std::size_t seat);

// What a sample says of each of its workload's figures, by its name; absent without a finite value.
std::vector<std::pair<std::string, std::optional<double>>> figures_of(const Workload& workload,
                                                                      const Sample& sample);

GilSample summarise(const std::vector<GilAccount>& accounts);

// Everything known of one benchmark: grows sample by sample, read by the reports.
struct CaseResult {
  const Case* benchmark = nullptr;
  std::vector<Sample> samples;
  Histogram latency;         // of all samples
  std::uint64_t budget = 0;  // operations a worker, calibrated once; 0: not yet
  std::optional<std::uint64_t> checksum;
  std::vector<SeatPinning>
      pinning;  // of the last sample; a sample that was not pinned stays visible in `pinned`
  std::optional<SeatPinning> peer_pinning;
  bool pinned = true;
  std::string pinned_reason;
  bool spin_at_start = false;
  bool controller_shares_pu = false;
  bool virtual_topology = false;
  std::vector<std::string> notes;  // fallbacks and remarks of the placement
  std::string engine, file_io;
  std::size_t frame_bytes = 0;         // see RoundReport
  std::optional<std::string> failure;  // why no more samples are taken
  bool refused = false;  // the machine had no room for it, which is an answer: it did not finish
  int failed_pass = -1;
  std::vector<ThreadStack> stacks;          // see CrewFailure
  std::vector<std::string> order_warnings;  // see Host
  bool converged = false;
  // Whether it stops when it is precise, so that its interval spends the 5 % over the looks at it;
  // and how many undisturbed samples it needs to go by those alone.
  bool sequential = false;
  int minimum_samples = 6;

  std::size_t undisturbed() const;
  // Whether disturbed samples count, too, because the others are too few.
  bool disturbed() const;
  // Wall time of one operation, of each sample that counts.
  std::vector<double> real_times_ns() const;
  double median_ns() const { return median(real_times_ns()); }
  std::optional<Interval> interval_ns() const;
  // The median of the samples that count.
  std::optional<double> peer_cpu_share() const;
  // Half the interval over the median; absent without an interval.
  std::optional<double> precision() const;
};

}  // namespace convoy
