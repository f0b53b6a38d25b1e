// What there is to measure, as the JSON that `list` prints.
#pragma once

#include <string>
#include <vector>

namespace convoy {

// Workloads with their parameters, models, locks with what they promise, and suites.
std::string everything_text();
// A list of names, one a line.
std::string names_text(const std::vector<std::string>& names);

}  // namespace convoy
