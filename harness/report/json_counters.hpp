// The tables of counters as JSON, of which the schema and the docs are made.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace convoy {

// What rows carry, as docs/reference/counters.md lists it: an array.
nlohmann::ordered_json row_counters_json();
// What seats count and where a result file has it, as results/schema.json describes it: an array.
nlohmann::ordered_json seat_counters_json();

}  // namespace convoy
