#include "harness/measure/ceiling.hpp"

#include <algorithm>
#include <iterator>
#include <vector>

namespace convoy {

const char* text_of(Limit limit) {
  constexpr const char* kTexts[] = {"workers", "cpus", "lock", "load"};
  return kTexts[static_cast<std::size_t>(limit)];
}

std::optional<Ceiling> ceiling_of(const Case& benchmark, int cpus) {
  const Workload& workload = *benchmark.workload;
  const auto value = [&](const ParameterBase* parameter) {
    return parameter == nullptr
               ? 0.0
               : static_cast<double>(
                     benchmark.arguments[workload.parameter_index(parameter->name())]);
  };
  const double cpu_s = value(workload.costs.cpu) / 1e9;
  // How long a server of others takes, no parameter tells.
  const double wait_s = benchmark.target.empty() ? value(workload.costs.wait) / 1e9 : 0;
  const double rate = value(workload.load.rate);
  std::vector<Ceiling> all;
  if (cpu_s + wait_s > 0) {
    const int at_once = benchmark.model->serial ? 1 : benchmark.workers;
    all.push_back({at_once / (cpu_s + wait_s), Limit::workers});
  }
  if (cpu_s > 0) {
    all.push_back({std::min(cpus, benchmark.seats()) / cpu_s, Limit::cpus});
    if (benchmark.gil.policy != nullptr && benchmark.gil.policy->excludes)
      all.push_back({benchmark.interpreters_used() / cpu_s, Limit::lock});
  }
  if (rate > 0) all.push_back({rate, Limit::load});
  const auto lowest =
      std::min_element(all.begin(), all.end(), [](const Ceiling& one, const Ceiling& other) {
        return one.operations_per_second < other.operations_per_second;
      });
  return lowest == all.end() ? std::nullopt : std::optional(*lowest);
}

}  // namespace convoy
