// The verbs of the program: each is one file that registers itself; options they share are declared
// here.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "harness/base/check.hpp"
#include "harness/cli/command.hpp"
#include "harness/measure/case.hpp"

namespace convoy {

// What a verb's file registers. `declare` adds the verb's options to its command and returns what
// runs it.
struct Verb {
  std::string name;
  std::string summary;
  std::string examples;  // how its --help begins
  std::function<std::function<ExitCode()>(Command command)> declare;
};

class VerbRegistration {
 public:
  explicit VerbRegistration(Verb verb);
};

const std::vector<Verb>& verbs();

// The axes of a selection as options, collected as text and understood by axes(), so that every
// mistake has its own message. Lives as long as the command it was added to.
struct AxisOptions {
  std::string suite = "quick", within, kind, smt, width, overload, engine;
  std::vector<std::string> filters;
  std::vector<std::string> models, runtimes, gils, workers, carriers, interpreters, stacks, places,
      policies, peers, settings, targets;
  bool overhead = true;  // adds the `null` workload, for overhead_ns

  void add_to(Command command);
  Axes axes() const;  // throws UsageError
  // Nothing but the suite was chosen.
  bool are_the_suites_own() const;
};

// The selection, of which it tells on stderr what is skipped. Throws as select_some does.
Selection select_and_tell(const Axes& axes);

// The placement options alone, for `plan`, `topology` and within AxisOptions::axes().
PlacementRequest placement_of(const AxisOptions& options, const std::string& place,
                              const std::string& policy);
void add_placement_options(Command command, AxisOptions& options);

// Runs the program: a verb, or without one a plain Google Benchmark program. Never throws; returns
// the exit code.
int run_program(int argc, char** argv);

// "12", "1,2,4" and repeats, as whole numbers.
std::vector<int> parse_counts(const std::vector<std::string>& texts, const std::string& flag);
// "5ms": a time above zero.
nanoseconds parse_span(const std::string& text, const char* flag);
// The values of an option that takes several, separated by commas or by repeating it.
std::vector<std::string> split(const std::vector<std::string>& texts);

// The program's arguments, kept for the record.
const std::vector<std::string>& program_arguments();

}  // namespace convoy
