// `plan` and `topology`: where workers would go, on this machine or on any other, without running
// anything.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <memory>

#include "harness/base/printable.hpp"
#include "harness/cli/verb.hpp"
#include "harness/machine/fitness.hpp"
#include "harness/machine/placement.hpp"
#include "harness/machine/quota.hpp"
#include "harness/report/json.hpp"

namespace convoy {
namespace {

struct PlanOptions {
  AxisOptions axes;
  std::string topology, workers = "1", file;
  std::function<bool()> described;  // whether --topology was given, be it with nothing

  void add_to(Command command) {
    described = [command] { return command.was_given("--topology"); };
    command.option("--topology", topology,
                   "An XML file of lstopo, or a description such as \"pack:2 core:8 pu:2\"");
    command.option("--workers", workers, "Number of workers to place");
    add_placement_options(command, axes);
  }
};

PlacementPlan plan_of(const PlanOptions& options, const Topology& topology) {
  const auto first = [](const std::vector<std::string>& texts) {
    return texts.empty() ? std::string() : texts.front();
  };
  PlacementRequest request =
      placement_of(options.axes, first(options.axes.places), first(options.axes.policies));
  const std::vector<int> counts = parse_counts({options.workers}, "--workers");
  if (counts.size() != 1)
    throw UsageError("--workers " + options.workers + ": write one number: a plan is for one crew");
  request.seats = counts.front();
  PlacementPlan placed = plan(topology, request);
  if (options.described()) return placed;
  // No topology shows it.
  const int cpus = placed.available.size();
  if (const auto warning = quota_warning(read_cpu_quota(), cpus)) placed.notes.push_back(*warning);
  return placed;
}

// What a reader has to know beside a plan: part of it, and how it is on this machine just now.
void tell_notes(const PlanOptions& options, const Topology& topology, const PlacementPlan& placed) {
  for (const auto* remarks : {&placed.fallbacks, &placed.notes})
    for (const std::string& remark : *remarks) print_line(stderr, "note: " + remark);
  const Finding load = judge_load(load_average(), topology.allowed().size());
  if (!options.described() && load.verdict == Verdict::warn)
    print_line(stderr, fmt::format("note: {}: {}", load.measured, load.advice));
}

std::string quoted(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts) list += (list.empty() ? "" : ", ") + json_quoted(text);
  return list;
}

std::string json_of(const PlacementPlan& plan) {
  std::string json = "{\"workers\": [";
  for (std::size_t i = 0; i < plan.seats.size(); ++i)
    json += fmt::format("{}{{\"index\": {}, \"cpus\": [{}], \"bound\": {}}}", i == 0 ? "" : ", ", i,
                        fmt::join(plan.seats[i].list(), ", "), plan.bound[i] ? "true" : "false");
  return json + fmt::format(
                    "], \"places\": {}, \"fallbacks\": [{}], \"notes\": [{}], \"available\": [{}], "
                    "\"overloaded\": {}, \"this_system\": {}}}\n",
                    plan.places.size(), quoted(plan.fallbacks), quoted(plan.notes),
                    fmt::join(plan.available.list(), ", "), plan.overloaded ? "true" : "false",
                    plan.is_this_system ? "true" : "false");
}

ExitCode run_plan(const PlanOptions& options, bool as_json) {
  const Topology topology =
      options.described() ? Topology::parse(options.topology) : Topology::live();
  const PlacementPlan placed = plan_of(options, topology);
  for (const std::string& variable : ignored_environment())
    print_line(stderr, fmt::format("note: {} in the environment was ignored", variable));
  if (as_json) {
    if (options.file.empty() || options.file == "-") fmt::print("{}", json_of(placed));
    else write_atomically(options.file, json_of(placed));
    return ExitCode::ok;
  }
  print_line(stdout, fmt::format("{} on {} places, of CPUs {}", placed.label, placed.places.size(),
                                 placed.available.text()));
  for (std::size_t i = 0; i < placed.seats.size(); ++i)
    fmt::print("worker {:<4} {} {}\n", i, placed.bound[i] ? "cpus" : "free among",
               placed.seats[i].text());
  tell_notes(options, topology, placed);
  return ExitCode::ok;
}

ExitCode run_topology(const PlanOptions& options) {
  const Topology topology =
      options.described() ? Topology::parse(options.topology) : Topology::live();
  const PlacementPlan placed = plan_of(options, topology);
  fmt::print("{}", topology.drawing(worker_marks(placed)));
  tell_notes(options, topology, placed);
  for (const std::string& variable : ignored_environment())
    print_line(stderr, fmt::format("note: {} in the environment was ignored", variable));
  return ExitCode::ok;
}

const VerbRegistration plan_registration{
    {"plan", "Print the CPUs that each worker would get, without running anything.",
     "  convoy plan --workers 4 --place core --policy spread\n"
     "  convoy plan --topology \"pack:2 l3:2 core:8 pu:2\" --workers 8 --policy scatter --json",
     [](Command command) -> std::function<ExitCode()> {
       const auto options = std::make_shared<PlanOptions>();
       options->add_to(command);
       command.option("--json", options->file, "Write JSON to this file; - or no file for stdout",
                      {.value_may_be_left_out = true});
       return [options, command] { return run_plan(*options, command.was_given("--json")); };
     }}};
// A drawing has no other form: `topology` goes without --json.
const VerbRegistration topology_registration{
    {"topology", "Draw the machine with the workers in it.",
     "  convoy topology\n"
     "  convoy topology --topology machine.xml --workers 8 --place l3",
     [](Command command) -> std::function<ExitCode()> {
       const auto options = std::make_shared<PlanOptions>();
       options->add_to(command);
       return [options] { return run_topology(*options); };
     }}};

}  // namespace
}  // namespace convoy
