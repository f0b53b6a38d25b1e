// The options of `run`, as text and understood.
#pragma once

#include <string>

#include "harness/cli/verb.hpp"
#include "harness/measure/session.hpp"

namespace convoy {

// Lives as long as the command it was added to. What it is understood as is told by the functions;
// each throws UsageError for text that makes no sense.
struct RunOptions {
  AxisOptions axes;
  std::string precision, budget, seed, file = "results/latest.json", passes;
  std::string round_limit = "60s", minimum_round = "50ms", operations;
  bool require_pinned = false, quiet = false, verbose = false;

  void add_to(Command command);
  SessionOptions session() const;
  nanoseconds shortest_round() const;  // 0 where rounds do a number of operations instead
  nanoseconds longest_round() const;
  // A worker in every round; 0 where rounds are to last for a time instead.
  std::uint64_t operations_of_a_round() const;
};

}  // namespace convoy
