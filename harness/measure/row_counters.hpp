// The numbers that a row carries, one entry each: what docs/reference/counters.md lists.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/measure/sample.hpp"

namespace convoy {

// What a row's counters are made of.
struct RowSource {
  RowSource(const CaseResult& of, const Sample& its, std::optional<double> overhead);

  const CaseResult& result;
  const Sample& sample;
  std::optional<double> overhead_ns;  // the null workload's, if measured
  SeatCounts totals;
  double operations, seconds;
  bool locked;  // there is an interpreter lock
};

// Made once, then immutable.
struct RowCounter {
  std::string name, unit;
  bool of_row;          // the same in all samples of a name
  const char* section;  // a heading of docs/reference/counters.md
  std::string description;
  // Absent where it has no meaning. None at all: a field of Google Benchmark's own.
  std::function<std::optional<double>(const RowSource& row)> value;
};
// What seats count is among them. In the order of the row.
const std::vector<RowCounter>& row_counters();

// Those that have a meaning here, and the workload's figures.
std::vector<std::pair<std::string, double>> counters_of(const CaseResult& result,
                                                        const Sample& sample,
                                                        std::optional<double> overhead_ns);

}  // namespace convoy
