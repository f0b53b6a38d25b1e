// A background worker that only computes: what others have to take the interpreter lock back from.
#pragma once

#include <cstdint>

#include "harness/base/clock.hpp"
#include "harness/work/task.hpp"
#include "harness/work/worker.hpp"

namespace convoy {

// For a workload's background body; runs until the foreground workers are done. From checkpoint to
// checkpoint it computes for `between`, and a checkpoint stands for `ticks` bytecodes, 0 for as
// many as fit into that time: a long call into C is few bytecodes, however long it lasts.
Task spin(Worker& worker, nanoseconds between, std::uint32_t ticks = 0);

// Computes, in the calling thread and without a checkpoint, until so much wall time has passed.
void compute_for(nanoseconds duration);

}  // namespace convoy
