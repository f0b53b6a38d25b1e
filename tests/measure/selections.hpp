// Selections for tests of what is selected.
#pragma once

#include <string>
#include <vector>

#include "harness/measure/case.hpp"

namespace convoy::test {

inline std::vector<std::string> names_of(const std::vector<Case>& cases) {
  std::vector<std::string> names;
  for (const Case& c : cases) names.push_back(c.name);
  return names;
}

// One benchmark: everything but what a test is about.
inline Axes narrow(const std::string& filter) {
  Axes axes;
  if (!filter.empty()) axes.filters = {filter};
  axes.models = {&find_model("threads")};
  axes.gils = {parse_gil("none")};
  axes.workers = {2};
  axes.with_overhead = false;
  return axes;
}

}  // namespace convoy::test
