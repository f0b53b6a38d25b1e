// What a loop does between two looks at a word that another CPU will change.
#pragma once

namespace convoy {

// Tells the CPU that the caller spins, for its sibling's and the memory bus's sake; some tens of
// nanoseconds. Named after the kernel's.
inline void cpu_relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace convoy
