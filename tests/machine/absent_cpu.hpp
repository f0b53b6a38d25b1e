// The number of a CPU that this machine cannot have.
#pragma once

#include <fstream>
#include <string>

#include "harness/machine/cpu_set.hpp"

namespace convoy::test {

// The first past what the kernel has room for; where it does not say, one past all that are known.
inline int first_absent_cpu() {
  std::ifstream file("/sys/devices/system/cpu/possible");
  std::string possible;
  return std::getline(file, possible) ? CpuSet::parse(possible).last() + 1 : 4000;
}

}  // namespace convoy::test
