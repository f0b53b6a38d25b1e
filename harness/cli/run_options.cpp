#include "harness/cli/run_options.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <random>

namespace convoy {
namespace {

double parse_precision(const std::string& text) {
  const bool percent = text.ends_with('%');
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end) / (percent ? 100 : 1);
  if (end != text.c_str() + text.size() - (percent ? 1 : 0) || !(value > 0 && value < 1))
    throw UsageError(
        fmt::format("--precision {}: write a share between 0 and 1, such as 2% or 0.02", text));
  return value;
}

std::uint64_t parse_seed(const std::string& text) {
  const std::int64_t seed = parse_count(text, "--seed");
  if (seed >= 0) return static_cast<std::uint64_t>(seed);
  throw UsageError(fmt::format("--seed {}: write a whole number from 0", text));
}

}  // namespace

std::uint64_t RunOptions::operations_of_a_round() const {
  if (operations.empty()) return 0;
  const std::int64_t count = parse_count(operations, "--operations");
  if (count >= 1 && count <= 1'000'000'000'000) return static_cast<std::uint64_t>(count);
  throw UsageError(
      fmt::format("--operations {}: write a number from 1 to 1000000000000", operations));
}

nanoseconds RunOptions::shortest_round() const {
  return operations.empty() ? parse_span(minimum_round, "--min-round") : nanoseconds(0);
}

nanoseconds RunOptions::longest_round() const { return parse_span(round_limit, "--round-limit"); }

SessionOptions RunOptions::session() const {
  const Suite& suite = find_suite(axes.suite);
  SessionOptions session;
  session.precision = precision.empty() ? suite.precision : parse_precision(precision);
  session.budget = budget.empty() ? suite.budget : parse_span(budget, "--budget");
  session.least_passes = budget.empty() ? suite.passes : 1;
  if (!passes.empty()) {
    const std::int64_t count = parse_count(passes, "--passes");
    if (count < 1 || count > 100'000) throw UsageError("--passes: write a number from 1 to 100000");
    session.least_passes = session.most_passes = static_cast<int>(count);
    session.until_precise = false;
  } else if (suite.name == "smoke") {
    session.most_passes = suite.passes;
    session.until_precise = false;
  }
  session.seed = seed.empty() ? std::random_device()() : parse_seed(seed);
  return session;
}

void RunOptions::add_to(Command command) {
  axes.add_to(command);
  Command measuring = command.group("Measuring");
  measuring.option(
      "--precision", precision,
      "Finish a benchmark when half the 95 % interval of its median is at most this: 2%");
  measuring.option("--budget", budget, "Stop after this time, such as 60s");
  measuring.option("--passes", passes, "Exactly this many samples of each benchmark");
  measuring.option("--seed", seed, "Seed of the random order of each pass");
  measuring.option("--min-round", minimum_round, "Minimum length of a round");
  // The overhead that `null` tells is that of rounds that last.
  measuring.option("--operations", operations,
                   "Operations of each worker in a round, however long they take",
                   {.excludes = "--min-round", .needs = "--no-overhead"});
  measuring.option("--round-limit", round_limit, "Kill and fail a round that takes longer");
  measuring.flag("--require-pinned", require_pinned, "Exit with code 5 if a row was not pinned");
  Command output = command.group("Output");
  output.option("--json", file, "Result file; - or no file for stdout",
                {.value_may_be_left_out = true});
  output.flag("-q,--quiet", quiet, "Print only errors");
  output.flag("-v,--verbose", verbose, "Print one line for each sample");
}

}  // namespace convoy
