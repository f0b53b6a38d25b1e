#include "harness/cli/command.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "harness/base/printable.hpp"

namespace convoy {
namespace {

// What CLI11 says of a mistake, with the next step it leaves out.
int explain(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) return app.exit(error);  // --help
  std::string message = error.what();
  std::replace(message.begin(), message.end(), '\n', ' ');
  print_line(stderr,
             "convoy-bench: " + message + "; `" + app.get_name() + " --help` lists the options");
  return static_cast<int>(ExitCode::usage);
}

}  // namespace

Command::Command(CLI::App& app) : app_(&app) {}

Command Command::group(const char* title) const {
  Command copy = *this;
  copy.group_ = title;
  return copy;
}

void Command::option(const char* names, std::string& value, const char* description,
                     const OptionRules& rules) {
  CLI::Option* option = app_->add_option(names, value, description)->group(group_);
  if (rules.excludes != nullptr) option->excludes(app_->get_option(rules.excludes));
  if (rules.needs != nullptr) option->needs(app_->get_option(rules.needs));
  if (rules.value_may_be_left_out) option->expected(0, 1);
}

void Command::option(const char* names, std::vector<std::string>& values, const char* description) {
  app_->add_option(names, values, description)->group(group_);
}

void Command::flag(const char* names, bool& value, const char* description) {
  app_->add_flag(names, value, description)->group(group_);
}

bool Command::was_given(const char* name) const { return app_->count(name) > 0; }

bool Command::was_chosen() const { return app_->parsed(); }

CommandLine::CommandLine(const char* program, const char* description, const char* footer)
    : app_(std::make_unique<CLI::App>(description)) {
  app_->name(program);
  app_->footer(footer);
  app_->require_subcommand(0, 1);
}

CommandLine::~CommandLine() = default;

Command CommandLine::options() { return Command(*app_); }

Command CommandLine::add_command(const std::string& name, const std::string& summary,
                                 const std::string& examples) {
  CLI::App* command = app_->add_subcommand(name, summary);
  command->description(summary + "\n\nExamples:\n" + examples);
  command->name(name);
  return Command(*command);
}

std::optional<int> CommandLine::parse(int argc, char** argv) {
  try {
    app_->parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    return explain(*app_, error);
  }
}

}  // namespace convoy
