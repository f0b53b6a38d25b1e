#include "harness/work/workload.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <string_view>

#include "harness/base/check.hpp"
#include "harness/base/registry.hpp"

namespace convoy {
namespace {

// Families that answer questions of their own, and none about the user's work.
bool holds_experiments(std::string_view family) {
  constexpr std::string_view kFamilies[] = {"gil",      "spawn",    "switch", "share",    "mem",
                                            "sync",     "deadlock", "race",   "fairness", "queue",
                                            "pipeline", "pool",     "daemon", "fanout",   "server"};
  return std::find(std::begin(kFamilies), std::end(kFamilies), family) != std::end(kFamilies);
}

}  // namespace

std::size_t Workload::parameter_index(const std::string& parameter) const {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (parameters[i]->name() == parameter) return i;
    names.push_back(parameters[i]->name());
  }
  if (names.empty())
    throw UsageError(
        fmt::format("{} has no parameters: leave out --param {}.{}", name, name, parameter));
  throw UsageError(fmt::format("{} has no parameter '{}': write one of {}", name, parameter,
                               fmt::join(names, ", ")));
}

std::string Workload::target_advice() const {
  return fmt::format(
      "{} talks to a {}: type `{}`, and then --target {}=ADDRESS with the address that it prints",
      name, target.server, target.start, name);
}

std::vector<std::int64_t> Workload::initial_arguments() const {
  std::vector<std::int64_t> arguments;
  for (const ParameterBase* parameter : parameters) arguments.push_back(parameter->initial());
  return arguments;
}

void Background::describe(Workload& workload) const {
  workload.background = body;
  workload.background_count = &count;
  workload.workers_need_seats = true;
}

void UsualValues::describe(Workload& workload) const {
  for (const std::string& value : values) parameter.parse(value, workload.name);
  workload.usual_values.push_back(*this);
}

void InQuick::describe(Workload& workload) const {
  for (const std::string& value : values) parameter.parse(value, workload.name);
  workload.in_quick.push_back({{parameter, values}, models, workers});
}

void describe_family(Workload& workload, const char* family) {
  workload.family = family;
  workload.waits = workload.family == "io" || workload.family == "mixed";
  workload.is_experiment = holds_experiments(family);
  if (workload.waits) workload.latency = Latency::operation;
}

void Figure::describe(Workload& workload) const {
  CONVOY_CHECK(workload.figures.size() < kMostFigures, "a workload declares too many figures");
  for (const Figure* other : workload.figures)
    CONVOY_CHECK(std::string_view(other->name) != name, "a workload declares a figure twice");
  workload.figures.push_back(this);
}

void MatrixFigure::describe(Workload& workload) const {
  CONVOY_CHECK(workload.matrix == nullptr, "a workload declares two matrices");
  workload.matrix = this;
}

void EchoPeer::describe(Workload& workload) const {
  workload.peer = transport;
  workload.peer_delay = &delay;
  workload.costs.wait = &delay;
  workload.peer_stamps = stamps;
}

void HttpPeer::describe(Workload& workload) const {
  workload.peer = Transport::tcp;
  workload.peer_delay = &delay;
  workload.costs.wait = &delay;
  workload.peer_page = &bytes;
  workload.target = {"web server", "scripts/servers/nginx start", false, true};
}

void LoadPeer::describe(Workload& workload) const {
  workload.peer = Transport::tcp;
  workload.load = {&bytes, &clients, &session, &rate, &arrivals};
  workload.latency = Latency::request;
  // A client that gets a wrong answer fails the row, by itself.
  workload.answer = Answer::own;
  workload.own_check = [](const std::vector<std::uint64_t>&) { return std::string(); };
}

WorkloadRegistration::WorkloadRegistration(Workload workload) {
  register_by_name(std::move(workload));
}

const std::vector<Workload>& workloads() { return registry_of<Workload>(); }

const Workload& find_workload(const std::string& name) {
  std::vector<std::string> names;
  for (const Workload& workload : workloads()) {
    if (workload.name == name) return workload;
    names.push_back(workload.name);
  }
  const std::string near = nearest_name(name, names);
  throw UsageError(fmt::format("unknown workload '{}': {}`scripts/convoy list` shows them all",
                               name, near.empty() ? "" : fmt::format("did you mean {}? ", near)));
}

}  // namespace convoy
