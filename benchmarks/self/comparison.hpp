// One claim about the harness's own cost: what it does, its plain counterpart, and the bar.
#pragma once

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

namespace convoy::self {

enum class Bar {
  at_most_ns,             // our time itself
  ratio_at_most,          // ours divided by plain
  difference_at_most_ns,  // ours minus plain
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
