// The small files of /proc and /sys, in which the kernel tells what it knows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace convoy {

// Its first 8 KiB at most; empty where it cannot be read.
std::string read_pseudo_file(const std::string& path);
// The number that it begins with; absent where it begins with none, such as "max".
std::optional<std::int64_t> number_in(const std::string& path);

// A control group that a process belongs to, as a folder; of the second version of control groups
// or the first, which call their files otherwise.
struct ControlGroup {
  std::string folder;
  bool version_2;
};

// The groups by which `controller` ("cpu", "memory") may hold a process, each followed by its
// ancestors up to the mount point. Inside a container the folder of a group may not exist, but that
// of an ancestor does. `membership`: the process's own list. The paths are parameters for tests.
std::vector<ControlGroup> control_groups(const std::string& controller,
                                         const std::string& membership = "/proc/self/cgroup",
                                         const std::string& root = "/sys/fs/cgroup");

}  // namespace convoy
