// One claim about the harness's own cost: what it does, its plain counterpart, and the bar.
#pragma once

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

namespace convoy::self {

// Always a ratio within the same run, since absolute times are one processor's of one day. A step
// is one of a chain of dependent integer operations (harness/machine/yardstick.hpp), measured in
// each pass beside the two sides: six to seven cycles.
enum class Bar {
  ratio_at_most,       // ours divided by plain
  steps_at_most,       // ours divided by a step
  more_steps_at_most,  // ours minus plain, divided by a step
};

// Registered at static initialisation, run by main. Both functions time one operation an iteration;
// either may skip itself with SkipWithError where the machine cannot run it.
struct Comparison {
  std::string what;
  void (*ours)(benchmark::State&);
  void (*plain)(benchmark::State&);
  Bar kind;
  double bar;
  // 0: as many iterations as Google Benchmark wants. Else exactly so many, of which each reports
  // its own time.
  int iterations = 0;
};

std::vector<Comparison>& comparisons();

class ComparisonRegistration {
 public:
  explicit ComparisonRegistration(Comparison comparison) {
    comparisons().push_back(std::move(comparison));
  }
};

}  // namespace convoy::self
