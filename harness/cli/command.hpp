// What a verb describes its options to, and the command line that fills them in. CLI11 does the
// work; only command.cpp includes it, for its header takes longer to compile than a verb.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/check.hpp"

namespace CLI {
class App;
}

namespace convoy {

// What else holds of an option. Names are those of other options of the same command.
struct OptionRules {
  const char* excludes = nullptr;
  const char* needs = nullptr;
  bool value_may_be_left_out = false;
};

// A handle on the options of one command; copies are handles on the same one. An option borrows
// the variable it fills, which must live until the command has run and keeps its value where the
// option is not given. `names` are separated by commas: "-q,--quiet"; a flag named "!--no-x" sets
// its variable to false.
class Command {
 public:
  explicit Command(CLI::App& app);

  // The same command, whose options --help lists under `title`.
  Command group(const char* title) const;

  void option(const char* names, std::string& value, const char* description,
              const OptionRules& rules = {});
  // Several values: the option may be repeated.
  void option(const char* names, std::vector<std::string>& values, const char* description);
  void flag(const char* names, bool& value, const char* description);

  // Valid once the command line was parsed.
  bool was_given(const char* name) const;
  bool was_chosen() const;

 private:
  CLI::App* app_;
  const char* group_ = "Options";
};

// The program's command line: options of its own and commands, at most one of which is chosen.
class CommandLine {
 public:
  CommandLine(const char* program, const char* description, const char* footer);
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  Command options();
  Command add_command(const std::string& name, const std::string& summary,
                      const std::string& examples);
  // Fills in the options. With --help or a mistake the program is to end: what there is to say was
  // printed, and the exit code is returned.
  std::optional<int> parse(int argc, char** argv);

 private:
  std::unique_ptr<CLI::App> app_;
};

}  // namespace convoy
