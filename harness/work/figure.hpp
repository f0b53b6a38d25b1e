// A number of its own that a workload reports beside its time.
#pragma once

#include "harness/base/tally.hpp"

namespace convoy {

struct Workload;

// A trait, declared beside the body and filled by worker.report(figure, value) as often as the body
// likes:
//   static const convoy::Figure handoff{"handoff_ns", "ns", convoy::Combine::mean,
//                                       "From a release to the next owner's running"};
// A row has it among its counters, a sample under `figures`. The unit ends the name where it is
// one of time or size, and is empty for a count. Immutable; any thread.
struct Figure {
  const char* name;
  const char* unit;
  Combine combine;
  const char* description;
  void describe(Workload& workload) const;
};

// A number for every pair of workers, in a crew of so many at most:
//   static const convoy::MatrixFigure latency{"latency_ns", "ns", "From one to the other"};
// Filled by worker.report(figure, from, to, value); of several values in a round the least counts.
// A sample has it under `matrix`. A workload has one at most. Immutable; any thread.
struct MatrixFigure {
  static constexpr int kMostWorkers = 512;
  const char* name;
  const char* unit;
  const char* description;
  void describe(Workload& workload) const;
};

}  // namespace convoy
