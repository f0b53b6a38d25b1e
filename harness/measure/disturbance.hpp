// Whether a sample can be trusted, by evidence that does not look at the time it measured.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <vector>

#include "harness/base/clock.hpp"
#include "harness/machine/cpu_set.hpp"
#include "harness/machine/cpu_time.hpp"

namespace convoy {

enum class Disturbance {
  run_delay,     // a seat waited for its CPU longer than this crew explains
  foreign_work,  // other programs used the machine around the sample
  yardstick,     // a fixed loop was slower on one of the CPUs than it usually is there
  steal,         // the host took a CPU away
};
constexpr Disturbance kDisturbances[] = {Disturbance::run_delay, Disturbance::foreign_work,
                                         Disturbance::yardstick, Disturbance::steal};
const char* name_of(Disturbance disturbance);

// What one round tells of its surroundings.
struct RoundEvidence {
  struct Seat {
    CpuSet cpus;  // empty: unbound
    nanoseconds cpu{0};
    nanoseconds run_delay{-1};  // -1: nobody knows, or it says nothing, see StartsOthers
  };
  nanoseconds wall{0};
  std::vector<Seat> seats;
  // CPU time of a peer, and where that is bound; empty: wherever the system likes.
  nanoseconds peer{0};
  CpuSet peer_cpus;
  // CPU time of threads that work for the crew beside its seats, on any of its CPUs.
  nanoseconds helpers{0};
  std::optional<double> yardstick;    // the slowest speed, see Yardsticks
  std::optional<nanoseconds> stolen;  // of the crew's CPUs
  int cpus = 1;
};

// A seat may wait for its CPU as long as others of the crew that may use that CPU have run; what it
// waited beyond that, other programs had it. (A seat with a CPU to itself has nobody to wait for.)
std::set<Disturbance> judge(const RoundEvidence& evidence);

// Watches what other programs do, in windows of a second or more, since the kernel counts in
// hundredths. Owned by the controller; looks only between samples, when no crew is there.
class ForeignWork {
 public:
  static constexpr nanoseconds kWindow = std::chrono::seconds(1);
  static constexpr nanoseconds kShortest = std::chrono::milliseconds(200);  // at the end of a pass
  static constexpr double kLimit = 0.03;  // of the CPUs' time; more disturbs

  struct Reading {
    CpuTimes times;
    nanoseconds own{0};  // CPU time of this program and its children
  };
  using Read = std::function<Reading()>;

  // `cpus`: those that the program may use.
  ForeignWork(CpuSet cpus, Read read);

  // Nothing while a window goes on; at its end whether other programs worked in it, and a new one
  // begins. `must_end`: sooner than after kWindow. Windows too short to tell count as undisturbed.
  std::optional<bool> look(bool must_end);
  // Of everything since the beginning; absent where the kernel does not say.
  std::optional<double> share() const;
  std::optional<double> steal_share() const;

 private:
  CpuSet cpus_;
  Read read_;
  Reading first_, last_;
};

// Of this machine and this process.
ForeignWork watch_foreign_work(const CpuSet& cpus);

}  // namespace convoy
