// The CPU time a control group grants, which no topology shows.
#pragma once

#include <optional>
#include <string>

namespace convoy {

struct CpuQuota {
  std::optional<double> cpus;  // CPU seconds a second; absent: no limit
  std::string source;          // the file that says so
};

// The smallest quota of the process's control group and its ancestors: cpu.max (version 2) or
// cpu.cfs_quota_us (version 1). The paths are parameters for tests. Reads files; called by the
// controller.
CpuQuota read_cpu_quota(const std::string& membership = "/proc/self/cgroup",
                        const std::string& root = "/sys/fs/cgroup");

// A sentence when the quota lets fewer CPUs run than are available.
std::optional<std::string> quota_warning(const CpuQuota& quota, int available);

}  // namespace convoy
