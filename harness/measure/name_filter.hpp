// The regular expression that benchmarks' names are selected by.
#pragma once

#include <memory>
#include <string>

namespace convoy {

// An expression in RE2's syntax, searched for anywhere in a name: whatever the expression, in time
// linear in the name's length.
class NameFilter {
 public:
  // How long an expression's automaton may be; for each letter of a name all of it may be walked.
  static constexpr int kMostSteps = 2000;

  // Throws UsageError for what is no expression, or too long a one; `option` is what it was given
  // with.
  explicit NameFilter(const std::string& expression, const char* option = "--filter");
  ~NameFilter();

  bool matches(const std::string& name) const;

 private:
  struct Compiled;
  std::unique_ptr<Compiled> compiled_;
};

}  // namespace convoy
