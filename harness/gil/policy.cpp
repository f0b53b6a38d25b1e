#include "harness/gil/policy.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "harness/base/check.hpp"
#include "harness/base/registry.hpp"
#include "harness/gil/gil.hpp"

namespace convoy {
namespace {

const GilPolicy& find_policy(std::string_view name) {
  const auto& policies = gil_policies();
  const auto found =
      std::find_if(policies.begin(), policies.end(), [&](const auto& p) { return p.name == name; });
  if (found != policies.end()) return *found;
  std::vector<std::string> names;
  for (const GilPolicy& policy : policies) names.push_back(policy.name);
  const std::string near = nearest_name(name, names);
  throw UsageError(fmt::format("unknown gil '{}': {}write one of {}", name,
                               near.empty() ? "" : fmt::format("did you mean {}? Otherwise ", near),
                               fmt::join(names, ", ")));
}

std::size_t find_parameter(const GilPolicy& policy, std::string_view name) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < policy.parameters.size(); ++i) {
    if (policy.parameters[i]->name() == name) return i;
    names.push_back(policy.parameters[i]->name());
  }
  if (names.empty())
    throw UsageError(fmt::format("gil {} has no parameter '{}': write --gil {} alone", policy.name,
                                 name, policy.name));
  throw UsageError(fmt::format("gil {} has no parameter '{}': it has {}", policy.name, name,
                               fmt::join(names, ", ")));
}

}  // namespace

GilRegistration::GilRegistration(GilPolicy policy) { register_by_name(std::move(policy)); }

const std::vector<GilPolicy>& gil_policies() { return registry_of<GilPolicy>(); }

GilSpec parse_gil(std::string_view text) {
  const std::size_t colon = text.find(':');
  const GilPolicy& policy = find_policy(text.substr(0, colon));
  GilSpec spec{&policy, {}, policy.name};
  for (const ParameterBase* parameter : policy.parameters)
    spec.arguments.push_back(parameter->initial());
  std::string_view rest = colon == std::string_view::npos ? "" : text.substr(colon + 1);
  while (!rest.empty()) {
    const std::size_t end = rest.find(':');
    const std::string_view assignment = rest.substr(0, end);
    rest = end == std::string_view::npos ? "" : rest.substr(end + 1);
    const std::size_t equals = assignment.find('=');
    if (equals == std::string_view::npos)
      throw UsageError(fmt::format("gil {}: '{}' is not an assignment: write {}:name=value",
                                   policy.name, assignment, policy.name));
    const std::size_t index = find_parameter(policy, assignment.substr(0, equals));
    spec.arguments[index] =
        policy.parameters[index]->parse(assignment.substr(equals + 1), policy.name);
  }
  for (std::size_t i = 0; i < policy.parameters.size(); ++i)
    if (spec.arguments[i] != policy.parameters[i]->initial())
      spec.text += fmt::format(":{}={}", policy.parameters[i]->name(),
                               policy.parameters[i]->format(spec.arguments[i]));
  return spec;
}

std::unique_ptr<Gil> make_gil(const GilSpec& spec) { return spec.policy->make(spec.arguments); }

std::chrono::nanoseconds GilSpec::switch_interval() const {
  for (std::size_t i = 0; i < policy->parameters.size(); ++i) {
    const ParameterBase& parameter = *policy->parameters[i];
    if (parameter.name() == "interval" && parameter.kind() == ParameterBase::Kind::duration)
      return std::chrono::nanoseconds(arguments[i]);
  }
  return std::chrono::nanoseconds(0);
}

}  // namespace convoy
