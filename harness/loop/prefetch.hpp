// Fetching into the caches what a resumed coroutine is about to touch: among thousands of them none
// of it is there, and a carrier that waits for each line in turn waits longer than it works.
#pragma once

#include <cstddef>

#include "harness/work/operation.hpp"
#include "harness/work/worker.hpp"

namespace convoy {

inline void prefetch_lines(const void* from, int lines) {
  constexpr std::ptrdiff_t kLine = 64;
  for (int i = 0; i < lines; ++i) __builtin_prefetch(static_cast<const char*>(from) + i * kLine, 1);
}

// The wait itself, before its fields are read.
inline void prefetch_wait(const Suspension* suspension) {
  if (suspension != nullptr) prefetch_lines(suspension, 2);
}

// Whom it resumes, whose wait has been fetched.
inline void prefetch_task(const Operation& operation) {
  constexpr int kFrame = 6;  // lines, as many as most frames have
  prefetch_lines(operation.continuation.address(), kFrame);
  prefetch_lines(operation.worker, 1);
  prefetch_lines(operation.data, 2);
}

}  // namespace convoy
