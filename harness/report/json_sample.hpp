// One measured round in a result file.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "harness/measure/sample.hpp"

namespace convoy {

// Under which key a result file has it in its part of a sample or of a seat.
std::string key_of(const SeatCounter& counter);
// The entry under `samples` of the row of `benchmark`. Any thread; reads only.
nlohmann::ordered_json sample_json(const Case& benchmark, const Sample& sample);

}  // namespace convoy
