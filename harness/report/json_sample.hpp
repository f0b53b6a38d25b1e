// One measured round in a result file.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "harness/measure/sample.hpp"

namespace convoy {

// The entry under `samples` of the row of `benchmark`. Any thread; reads only.
nlohmann::ordered_json sample_json(const Case& benchmark, const Sample& sample);

}  // namespace convoy
