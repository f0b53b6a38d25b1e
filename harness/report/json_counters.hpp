// The tables of counters as JSON, of which the schema and the docs are made.
#pragma once

#include <string>

namespace convoy {

// What rows carry, as docs/reference/counters.md lists it: an array.
std::string row_counters_json();
// What seats count and where a result file has it, as results/schema.json describes it: an array.
std::string seat_counters_json();

}  // namespace convoy
