// `list`: what there is to measure — workloads with their parameters, models, locks, suites — or
// the benchmarks' names.
#include <fmt/format.h>

#include <memory>
#include <set>
#include <string_view>

#include "harness/base/printable.hpp"
#include "harness/cli/verb.hpp"
#include "harness/report/json_list.hpp"

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

void print_workload(const Workload& w) {
  fmt::print("  {:<16} {}\n", w.name, w.description);
  print_parameters(w.parameters);
  if (w.target)
    fmt::print("      {} --target {}=ADDRESS, a {}: `{}` starts one\n",
               w.target.is_needed ? "needs" : "takes", w.name, w.target.server, w.target.start);
  for (const Figure* f : w.figures)
    fmt::print("      {}  {} (reported)\n", f->name, f->description);
}

// The workloads of the benchmarks that --filter chooses.
void print_matching(AxisOptions options) {
  options.overhead = false;
  std::set<const Workload*> chosen;
  const Selection selection = select(options.axes(), allowed_cpu_count());
  for (const Case& c : selection.cases) chosen.insert(c.workload);
  chosen.insert(selection.skipped.begin(), selection.skipped.end());
  for (const Workload& w : workloads())
    if (chosen.contains(&w)) print_workload(w);
  fmt::print("\n`list --names` with the same options prints their benchmarks.\n");
}

void print_everything() {
  fmt::print("Workloads (--filter, --param workload.parameter=value)\n");
  for (const Workload& w : workloads()) print_workload(w);
  // With the package that each lacks: cmake/Dependencies.cmake.
  if (constexpr std::string_view kNotBuilt = CONVOY_NOT_BUILT; !kNotBuilt.empty())
    fmt::print(
        "  Not built, for want of a package:{}. `scripts/bootstrap build && make` brings them.\n",
        kNotBuilt);
  fmt::print("\nModels (--model)\n");
  for (const Model& m : models()) fmt::print("  {:<16} {}\n", m.name, m.description);
  fmt::print("\nInterpreter locks (--gil name:parameter=value)\n");
  for (const GilPolicy& g : gil_policies()) {
    fmt::print("  {:<16} {}\n", g.name, g.description);
    print_parameters(g.parameters);
  }
  fmt::print("\nSuites (--suite)\n");
  for (const Suite& s : suites()) fmt::print("  {:<16} {}\n", s.name, s.description);
  fmt::print("\n`list --names` prints the names of the selected benchmarks.\n");
}

std::vector<std::string> names_of(const ListOptions& options) {
  std::vector<std::string> names;
  const Selection selection = select_and_tell(options.axes.axes());
  for (const Case& c : selection.cases) names.push_back(c.name);
  return names;
}

ExitCode run(const ListOptions& options) {
  if (options.names && options.json) {
    fmt::print("{}", names_text(names_of(options)));
  } else if (options.names) {
    for (const std::string& name : names_of(options)) print_line(stdout, name);
  } else if (options.json) {
    fmt::print("{}", everything_text());
  } else if (!options.axes.filters.empty()) {
    print_matching(options.axes);
  } else {
    print_everything();
  }
  return ExitCode::ok;
}

const VerbRegistration registration{
    {"list",
     "List workloads with their parameters, models, locks and suites; or the names of a selection.",
     "  convoy list\n"
     "  convoy list --filter '^io_'\n"
     "  convoy list --names --suite smoke --filter io_\n"
     "  convoy list --json",
     [](Command command) -> std::function<ExitCode()> {
       const auto options = std::make_shared<ListOptions>();
       options->axes.add_to(command);
       command.flag("--names", options->names, "Print only the names of the selected benchmarks");
       command.flag("--json", options->json, "Print JSON");
       return [options] { return run(*options); };
     }}};

}  // namespace
}  // namespace convoy
