// The values of a parameter that suites run a workload with.
#pragma once

#include <string>
#include <vector>

namespace convoy {

class ParameterBase;
struct Workload;

// A trait: where the user gives no values, suites take these, the smoke suite the first of them
// alone, and the full suite every word of a Choice.
struct UsualValues {
  const ParameterBase& parameter;
  std::vector<std::string> values;
  void describe(Workload& workload) const;
};

}  // namespace convoy
