// `list`: what there is to measure — workloads with their parameters, models, locks, suites — or
// the benchmarks' names.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>

#include "harness/base/printable.hpp"
#include "harness/cli/verb.hpp"
#include "harness/report/json.hpp"
#include "harness/report/json_counters.hpp"

namespace convoy {
namespace {

struct ListOptions {
  AxisOptions axes;
  bool names = false, json = false;
};

void print_parameters(const std::vector<const ParameterBase*>& parameters) {
  for (const ParameterBase* p : parameters)
    fmt::print("      {} = {}  {} ({})\n", p->name(), p->format(p->initial()), p->description(),
               p->range());
}

void print_everything() {
  fmt::print("Workloads (--filter, --param workload.parameter=value)\n");
  for (const Workload& w : workloads()) {
    fmt::print("  {:<16} {}\n", w.name, w.description);
    print_parameters(w.parameters);
    for (const Figure* f : w.figures)
      fmt::print("      {}  {} (reported)\n", f->name, f->description);
  }
  fmt::print("\nModels (--model)\n");
  for (const Model& m : models()) fmt::print("  {:<16} {}\n", m.name, m.description);
  fmt::print("\nInterpreter locks (--gil name:parameter=value)\n");
  for (const GilPolicy& g : gil_policies()) {
    fmt::print("  {:<16} {}\n", g.name, g.description);
    print_parameters(g.parameters);
  }
  fmt::print("\nSuites (--suite)\n");
  for (const Suite& s : suites()) fmt::print("  {:<16} {}\n", s.name, s.description);
  fmt::print("\n`list --names` prints the benchmarks a selection holds.\n");
}

std::string parameters_json(const std::vector<const ParameterBase*>& parameters) {
  std::vector<std::string> all;
  for (const ParameterBase* p : parameters)
    all.push_back(fmt::format(R"({{"name": {}, "default": {}, "range": {}, "description": {}}})",
                              json_quoted(p->name()), json_quoted(p->format(p->initial())),
                              json_quoted(p->range()), json_quoted(p->description())));
  return fmt::format("[{}]", fmt::join(all, ", "));
}

std::string figures_json(const std::vector<const Figure*>& figures) {
  std::vector<std::string> all;
  for (const Figure* f : figures)
    all.push_back(fmt::format(R"({{"name": {}, "unit": {}, "combine": {}, "description": {}}})",
                              json_quoted(f->name), json_quoted(f->unit),
                              json_quoted(name_of(f->combine)), json_quoted(f->description)));
  return fmt::format("[{}]", fmt::join(all, ", "));
}

std::string promises_json(const GilPolicy& policy) {
  std::string law = "null";
  if (policy.lateness)
    law = fmt::format(R"({{"intervals": {}, "sleeps": {}, "least_ns": {}, "most_ns": {}}})",
                      policy.lateness->intervals, policy.lateness->sleeps,
                      policy.lateness->least.count(), policy.lateness->most.count());
  return fmt::format(", \"excludes\": {}, \"interval_ns\": {}, \"lateness\": {}", policy.excludes,
                     gil_switch_interval(parse_gil(policy.name)).count(), law);
}

template <class T>
std::string entries_json(const std::vector<T>& entries) {
  std::vector<std::string> all;
  for (const T& e : entries) {
    std::string more;
    if constexpr (requires { e.parameters; })
      more += ", \"parameters\": " + parameters_json(e.parameters);
    if constexpr (requires { e.figures; }) more += ", \"figures\": " + figures_json(e.figures);
    if constexpr (requires { e.lateness; }) more += promises_json(e);
    if constexpr (requires { e.family; }) more += ", \"family\": " + json_quoted(e.family);
    all.push_back(fmt::format(R"({{"name": {}, "description": {}{}}})", json_quoted(e.name),
                              json_quoted(e.description), more));
  }
  return fmt::format("[\n  {}\n]", fmt::join(all, ",\n  "));
}

std::vector<std::string> names_of(const ListOptions& options) {
  std::vector<std::string> names;
  for (const Case& c : expand(options.axes.axes(), allowed_cpu_count())) names.push_back(c.name);
  return names;
}

ExitCode run(const ListOptions& options) {
  if (options.names && options.json) {
    std::vector<std::string> quoted;
    for (const std::string& name : names_of(options)) quoted.push_back(json_quoted(name));
    fmt::print("[\n  {}\n]\n", fmt::join(quoted, ",\n  "));
  } else if (options.names) {
    for (const std::string& name : names_of(options)) print_line(stdout, name);
  } else if (options.json) {
    fmt::print(
        "{{\"workloads\": {},\n\"models\": {},\n\"gils\": {},\n\"suites\": {},\n"
        "\"counters\": {},\n\"seat_counters\": {}}}\n",
        entries_json(workloads()), entries_json(models()), entries_json(gil_policies()),
        entries_json(suites()), row_counters_json(), seat_counters_json());
  } else {
    print_everything();
  }
  return ExitCode::ok;
}

const VerbRegistration registration{
    {"list",
     "Show workloads with their parameters, models, locks and suites; or a selection's names.",
     "  convoy list\n"
     "  convoy list --names --suite smoke --filter io_\n"
     "  convoy list --json",
     [](Command command) -> std::function<ExitCode()> {
       const auto options = std::make_shared<ListOptions>();
       options->axes.add_to(command);
       command.flag("--names", options->names, "The names of the selected benchmarks");
       command.flag("--json", options->json, "As JSON");
       return [options] { return run(*options); };
     }}};

}  // namespace
}  // namespace convoy
