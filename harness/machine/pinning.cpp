#include "harness/machine/pinning.hpp"

#include <sched.h>

#include <cerrno>
#include <cstring>
#include <vector>

namespace convoy {

CpuSet affinity_of(pid_t thread) {
  // The kernel refuses a mask that is shorter than its own number of CPUs.
  for (std::size_t words = 16; words <= 1024; words *= 4) {
    std::vector<unsigned long> mask(words);
    auto* set = reinterpret_cast<cpu_set_t*>(mask.data());
    if (::sched_getaffinity(thread, words * sizeof(unsigned long), set) == 0) {
      return CpuSet::from_kernel_mask(mask);
    }
    if (errno != EINVAL) break;
  }
  return {};
}

Pinning bind_this_thread(const CpuSet& cpus) {
  Pinning pinning{.pinned = false, .asked = cpus, .read_back = {}, .reason = {}};
  const std::vector<unsigned long> mask = cpus.kernel_mask();
  const auto* set = reinterpret_cast<const cpu_set_t*>(mask.data());
  if (::sched_setaffinity(0, mask.size() * sizeof(unsigned long), set) != 0) {
    pinning.reason = "sched_setaffinity to " + (cpus.empty() ? "no CPU" : cpus.text()) + ": " +
                     std::strerror(errno);
    pinning.read_back = current_affinity();
    return pinning;
  }
  pinning.pinned = true;
  verify_pinning(pinning);
  return pinning;
}

void verify_pinning(Pinning& pinning) {
  pinning.read_back = current_affinity();
  if (!pinning.pinned || pinning.read_back == pinning.asked) return;
  pinning.pinned = false;
  pinning.reason = pinning.read_back.empty()
                       ? "the kernel does not report the binding (sched_getaffinity failed)"
                       : "bound to " + pinning.asked.text() + ", but the kernel reads back " +
                             pinning.read_back.text();
}

Pinning unpinned(const std::string& reason) {
  return {.pinned = false, .asked = {}, .read_back = current_affinity(), .reason = reason};
}

}  // namespace convoy
