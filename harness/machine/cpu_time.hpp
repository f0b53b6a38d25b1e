// What this machine's CPUs have spent their time on, whoever used it.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "harness/base/clock.hpp"
#include "harness/machine/cpu_set.hpp"

namespace convoy {

// Of one CPU since boot, as /proc/stat counts it. `worked`: user, nice and system, which the kernel
// samples at its clock ticks. `idle`: with waits for disks, to the microsecond on kernels that stop
// the tick, then cut to hundredths of a second. `stolen`: by the host; absent on old kernels.
struct CpuTime {
  nanoseconds worked{0}, idle{0};
  std::optional<nanoseconds> stolen;
};

// One reading of all CPUs, by the kernel's numbers; empty where the kernel does not say.
struct CpuTimes {
  nanoseconds at{0};
  std::map<int, CpuTime> cpus;
};

// Reads `root`/proc/stat, in some 50 us. Called by the controller.
CpuTimes read_cpu_times(const std::string& root = "");

// The unit that /proc/stat counts in: 10 ms on every Linux.
nanoseconds cpu_time_tick();

// What the CPUs of a set did between two readings, summed over them.
struct CpuUse {
  nanoseconds elapsed{0};  // of the clock on the wall, times the CPUs
  nanoseconds busy{0};     // the lesser of what was worked and what was not idle
  std::optional<nanoseconds> stolen;
  int cpus = 0;  // those that both readings have
};
CpuUse use_between(const CpuTimes& before, const CpuTimes& after, const CpuSet& cpus);

// CPU time of the calling process and of its children that have been waited for, with theirs.
nanoseconds own_cpu_time();
// CPU time of a process that has not been waited for, with that of all its threads; absent where it
// is gone.
std::optional<nanoseconds> cpu_time_of(int pid);

// The share of the CPUs' time, 0 to 1, that other programs used, when `own` of it was ours. What a
// reading may be wrong by is not counted against them. Absent where the kernel does not say.
std::optional<double> foreign_share(const CpuUse& use, nanoseconds own);

}  // namespace convoy
