// Binding the calling thread to CPUs, and proof that it took.
#pragma once

#include <sys/types.h>

#include <string>

#include "harness/machine/cpu_set.hpp"

namespace convoy {

// Whether a seat is where the plan put it, and if not, why.
struct Pinning {
  bool pinned = false;
  CpuSet asked;
  CpuSet read_back;
  std::string reason;  // empty when pinned
};

// Binds the calling thread and reads the binding back; it is pinned only if both calls succeeded
// and the sets are equal. Never throws and knows no topology: a seat calls it first of all, before
// its frame and its gil are made, so that the memory it touches first is local. Plain system calls,
// which do not block.
Pinning bind_this_thread(const CpuSet& cpus);

// Reads the binding again, at the end of a seat's work: somebody else (a cpuset, taskset -p) may
// have changed it.
void verify_pinning(Pinning& pinning);

// For a seat that is not bound: where it may run, and why it is not pinned.
Pinning unpinned(const std::string& reason);

// What a thread may run on now, of a process its first one; 0: the calling thread. Empty when the
// kernel does not say.
CpuSet affinity_of(pid_t thread);
inline CpuSet current_affinity() { return affinity_of(0); }

}  // namespace convoy
