// Cases and samples made by hand, for tests that run nothing.
#pragma once

#include <string>
#include <vector>

#include "harness/measure/sample.hpp"

namespace convoy::test {

// Cases that differ by name only.
inline std::vector<Case> cases_named(const std::vector<std::string>& names,
                                     const std::string& workload = "null") {
  std::vector<Case> cases;
  for (const std::string& name : names) {
    Case c;
    c.workload = &find_workload(workload);
    c.arguments = c.workload->initial_arguments();
    c.model = &find_model("threads");
    c.gil = parse_gil("cpython32");
    c.name = name;
    cases.push_back(c);
  }
  return cases;
}

// One seat that did ten operations of so many nanoseconds each.
inline Sample sample_of(std::int64_t nanoseconds_each, int pass = 0) {
  Sample sample;
  sample.pass = pass;
  sample.operations = 10;
  sample.wall = nanoseconds(10 * nanoseconds_each);
  SeatCounts seat;
  seat.cpu_ns = sample.wall.count() / 2;
  seat.run_delay_ns = seat.migrations = 0;
  sample.seats.push_back(seat);
  return sample;
}

}  // namespace convoy::test
