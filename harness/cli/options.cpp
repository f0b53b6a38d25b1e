// The axes of a selection, from the command line's words.
#include <fmt/format.h>
#include <unistd.h>

#include <climits>

#include "harness/base/printable.hpp"
#include "harness/cli/verb.hpp"

namespace convoy {

std::vector<std::string> split(const std::vector<std::string>& texts) {
  std::vector<std::string> parts;
  for (const std::string& text : texts) {
    std::size_t begin = 0;
    int depth = 0;  // explicit places such as {0,1},{2,3} hold commas of their own
    for (std::size_t i = 0; i <= text.size(); ++i) {
      if (i < text.size() && text[i] == '{') ++depth;
      if (i < text.size() && text[i] == '}') --depth;
      if (i < text.size() && (text[i] != ',' || depth > 0)) continue;
      parts.push_back(text.substr(begin, i - begin));
      begin = i + 1;
    }
  }
  return parts;
}

std::vector<int> parse_counts(const std::vector<std::string>& texts, const std::string& flag) {
  std::vector<int> counts;
  for (const std::string& text : split(texts)) {
    const std::int64_t count = parse_count(text, flag);
    if (count < 1 || count > INT_MAX)
      throw UsageError(fmt::format("{} {}: write a number from 1", flag, text));
    counts.push_back(static_cast<int>(count));
  }
  return counts;
}

nanoseconds parse_span(const std::string& text, const char* flag) {
  const nanoseconds span = parse_duration(text, flag);
  if (span.count() > 0) return span;
  throw UsageError(fmt::format("{} {}: write a time above zero, such as 5ms or 2s", flag, text));
}

// What a fiber has, in whole pages.
static std::int64_t parse_stack(const std::string& text) {
  const std::int64_t page = ::sysconf(_SC_PAGESIZE);
  const std::int64_t bytes = parse_bytes(text, "--fiber-stack").count;
  if (bytes >= FiberStackSize::kLeast && bytes <= FiberStackSize::kMost && bytes % page == 0)
    return bytes;
  throw UsageError(fmt::format("--fiber-stack {}: write a multiple of {} from {} to {}", text,
                               format_bytes({page}), format_bytes({FiberStackSize::kLeast}),
                               format_bytes({FiberStackSize::kMost})));
}

void add_placement_options(Command command, AxisOptions& options) {
  Command group = command.group("Placement");
  group.option("--place", options.places,
               "pu, core, l2, l3, numa, package, machine, or a list of CPUs");
  group.option("--policy", options.policies,
               "none, close, scatter[:level], spread, primary, list:0,2");
  group.option("--within", options.within, "Only these CPUs, such as package:0 or cpus:0-3");
  group.option("--kind", options.kind, "all, perf or eff: which cores of a hybrid machine");
  group.option("--smt", options.smt, "on, or off for one PU per core");
  group.option("--width", options.width, "place: bind to the whole place; pu: to one PU of it");
  group.option("--overload", options.overload,
               "What to do with more seats than places: error, wrap or unbind");
}

void AxisOptions::add_to(Command command) {
  Command group = command.group("Selection");
  group.option("--suite", suite, "smoke, quick or full");
  group.option(
      "--filter", filters,
      "Only benchmarks whose names match this regular expression; repeatable: any may match");
  group.option("--model", models,
               "Models, separated by commas: single,threads,processes,coroutines,fibers");
  group.option("--runtime", runtimes,
               "Other libraries and interpreters at the same job: asio,go, or all");
  group.option("--gil", gils, "Interpreter locks: none,cpython32:interval=1ms");
  group.option("--workers", workers, "Numbers of workers: 1,2,4");
  group.option("--carriers", carriers,
               "Event-loop threads per interpreter, for coroutines and fibers");
  group.option("--interpreters", interpreters,
               "Processes to spread workers over, each with an interpreter lock of its own");
  group.option("--engine", engine, "auto, io_uring or epoll, for coroutines and fibers");
  group.option("--fiber-stack", stacks, "Sizes of each fiber's stack: 16KiB,64KiB");
  group.option("--peer", peers,
               "Where the other side of an I/O workload runs: same, other or none");
  group.option("--param", settings, "A parameter: workload.name=value[,value]; `list` shows them");
  group.option("--target", targets,
               "The server that a workload talks to: workload=address, see `list`; repeatable");
  group.flag("!--no-overhead", overhead,
             "Skip the workload `null`, which measures overhead_ns for the others");
  add_placement_options(command, *this);
}

bool AxisOptions::are_the_suites_own() const {
  if (!overhead) return false;
  for (const std::string* text : {&within, &kind, &smt, &width, &overload, &engine})
    if (!text->empty()) return false;
  for (const auto* texts : {&filters, &models, &runtimes, &gils, &workers, &carriers, &interpreters,
                            &stacks, &places, &policies, &peers, &settings, &targets})
    if (!texts->empty()) return false;
  return true;
}

PlacementRequest placement_of(const AxisOptions& options, const std::string& place,
                              const std::string& policy) {
  PlacementRequest request;
  if (!place.empty()) parse_place(place, request);
  if (!policy.empty()) request.policy = parse_policy(policy);
  if (!options.within.empty()) request.within.push_back(parse_within(options.within));
  if (!options.kind.empty()) request.kind = parse_kind(options.kind);
  if (!options.smt.empty()) request.smt = parse_smt(options.smt);
  if (!options.width.empty()) request.width = parse_width(options.width);
  // Who asks for a policy wants it kept; who asks for none wants a run.
  if (!options.overload.empty()) request.overload = parse_overload(options.overload);
  else if (!policy.empty()) request.overload = Overload::error;
  return request;
}

Selection select_and_tell(const Axes& axes) {
  Selection selection = select_some(axes, allowed_cpu_count());
  for (const Workload* const workload : selection.skipped)
    print_line(stderr, "convoy-bench: " + skipped_in_words(*workload));
  return selection;
}

Axes AxisOptions::axes() const {
  Axes axes;
  axes.suite = find_suite(suite).name;
  axes.filters = filters;
  axes.with_overhead = overhead;
  for (const std::string& name : split(models)) axes.models.push_back(&find_model(name));
  axes.runtimes = find_runtimes(split(runtimes));
  for (const std::string& text : split(gils)) axes.gils.push_back(parse_gil(text));
  axes.workers = parse_counts(workers, "--workers");
  axes.carriers = parse_counts(carriers, "--carriers");
  axes.interpreters = parse_counts(interpreters, "--interpreters");
  for (const std::string& text : split(stacks)) axes.fiber_stacks.push_back(parse_stack(text));
  for (const std::string& text : split(peers)) axes.peers.push_back(parse_peer_place(text));
  for (const std::string& text : settings) axes.settings.push_back(parse_setting(text));
  for (const std::string& text : targets) axes.targets.push_back(parse_target_setting(text));
  if (!engine.empty()) axes.engine = parse_engine(engine);
  const std::vector<std::string> place_texts =
      places.empty() ? std::vector<std::string>{""} : split(places);
  const std::vector<std::string> policy_texts =
      policies.empty() ? std::vector<std::string>{""} : policies;
  for (const std::string& place : place_texts)
    for (const std::string& policy : policy_texts)
      axes.placements.push_back(placement_of(*this, place, policy));
  for (const auto& [key, value] : {std::pair("within", &within), std::pair("kind", &kind),
                                   std::pair("smt", &smt), std::pair("width", &width)})
    if (!value->empty() && *value != "all" && *value != "on" && *value != "place")
      axes.placement_qualifiers += fmt::format("/{}:{}", key, *value);
  return axes;
}

}  // namespace convoy
