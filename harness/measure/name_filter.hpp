// The regular expression that benchmarks' names are selected by.
#pragma once

#include <memory>
#include <string>

namespace convoy {

// An ECMAScript expression, searched for anywhere in a name. Alone in its source, since the
// library's expressions take long to compile.
class NameFilter {
 public:
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
