// A benchmark that failed, in a result file.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "harness/measure/sample.hpp"

namespace convoy {

// The entry under `failed` of a result that has a failure. Any thread; reads only.
nlohmann::ordered_json failure_json(const CaseResult& result);

// The entry under `did_not_finish` of one that the machine refused.
nlohmann::ordered_json refusal_json(const CaseResult& result);

}  // namespace convoy
