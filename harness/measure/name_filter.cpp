#include "harness/measure/name_filter.hpp"

#include <fmt/format.h>

#include <regex>

#include "harness/base/check.hpp"

namespace convoy {

struct NameFilter::Compiled {
  std::regex expression;
};

NameFilter::NameFilter(const std::string& expression, const char* option) {
  // The standard library's expressions recurse: one that is nested too deeply overflows the stack.
  if (expression.size() > 2000)
    throw UsageError(
        fmt::format("{}: more than 2000 characters; write a shorter regular expression", option));
  try {
    compiled_ = std::make_unique<Compiled>(
        std::regex(expression, std::regex::ECMAScript | std::regex::optimize));
  } catch (const std::regex_error& error) {
    throw UsageError(
        fmt::format("{} '{}' is no regular expression ({}): escape special characters, as in "
                    "cpu_pi/.*workers:2$",
                    option, expression, error.what()));
  }
}

NameFilter::~NameFilter() = default;

bool NameFilter::matches(const std::string& name) const {
  return std::regex_search(name, compiled_->expression);
}

}  // namespace convoy
