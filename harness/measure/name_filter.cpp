#include "harness/measure/name_filter.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include "harness/base/check.hpp"

namespace convoy {

struct NameFilter::Compiled {
  Compiled(const std::string& text, const RE2::Options& options) : expression(text, options) {}

  RE2 expression;
};

namespace {

const char* advice(RE2::ErrorCode error) {
  switch (error) {
    case RE2::NoError:
    case RE2::ErrorRepeatSize:
    case RE2::ErrorPatternTooLarge: return "repeat less often, as in cpu_.*workers:[0-9]+$";
    case RE2::ErrorBadEscape:
    case RE2::ErrorBadPerlOp:
    case RE2::ErrorBadNamedCapture:
      return "look-aheads and back references are not supported; repeat --filter to match any of "
             "several, and escape special characters, as in cpu_pi/.*workers:2$";
    default: return "escape special characters, as in cpu_pi/.*workers:2$";
  }
}

}  // namespace

NameFilter::NameFilter(const std::string& expression, const char* option) {
  if (expression.size() > 2000)
    throw UsageError(
        fmt::format("{}: more than 2000 characters; write a shorter regular expression", option));
  RE2::Options options;
  options.set_log_errors(false);
  options.set_encoding(RE2::Options::EncodingLatin1);  // names are ASCII
  compiled_ = std::make_unique<Compiled>(expression, options);
  const RE2& made = compiled_->expression;
  if (made.ok() && made.ProgramSize() <= kMostSteps) return;
  throw UsageError(fmt::format("{} '{}' is not a regular expression ({}): {}", option, expression,
                               made.ok() ? "it repeats too much" : made.error(),
                               advice(made.error_code())));
}

NameFilter::~NameFilter() = default;

bool NameFilter::matches(const std::string& name) const {
  return RE2::PartialMatch(name, compiled_->expression);
}

}  // namespace convoy
