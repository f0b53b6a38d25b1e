// convoy-self-bench: what the harness itself costs, each time against its plain counterpart, held
// to a bar. convoy-peers-bench: the same against other people's libraries (benchmarks/peers/).
//   convoy-self-bench [PASSES [REGEX]]
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <map>
#include <string>

#include "benchmarks/self/comparison.hpp"
#include "harness/base/check.hpp"
#include "harness/base/statistics.hpp"
#include "harness/machine/yardstick.hpp"
#include "harness/measure/name_filter.hpp"

namespace convoy::self {

std::vector<Comparison>& comparisons() {
  static std::vector<Comparison> all;
  return all;
}

namespace {

// Keeps what Google Benchmark measured, by name, and prints nothing.
class Collector : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.error_occurred) reasons[run.run_name.function_name] = run.error_message;
      else times[run.run_name.function_name].push_back(run.GetAdjustedRealTime());
    }
  }

  std::map<std::string, std::vector<double>> times;
  std::map<std::string, std::string> reasons;
};

void register_benchmark(const std::string& name, void (*function)(benchmark::State&),
                        int iterations) {
  auto* made = benchmark::RegisterBenchmark(name.c_str(), function)->Unit(benchmark::kNanosecond);
  if (iterations > 0) made->Iterations(iterations)->UseManualTime();
  else made->MinTime(0.04)->UseRealTime();
}

// Nanoseconds of CPU time, so that other programs are no part of it.
double time_a_step() {
  constexpr std::uint64_t kSteps = 1'000'000;
  const nanoseconds began = thread_cpu_time();
  spin(kSteps);
  return static_cast<double>((thread_cpu_time() - began).count()) / kSteps;
}

// What is held against the bar: the median over passes, of pairs measured one after the other.
double judge(const Comparison& c, const std::vector<double>& ours, const std::vector<double>& plain,
             const std::vector<double>& steps) {
  std::vector<double> figures;
  for (std::size_t i = 0; i < std::min(ours.size(), plain.size()); ++i) {
    if (c.kind == Bar::steps_at_most) figures.push_back(ours[i] / steps[i]);
    else if (c.kind == Bar::ratio_at_most) figures.push_back(ours[i] / plain[i]);
    else figures.push_back((ours[i] - plain[i]) / steps[i]);
  }
  return median(figures);
}

std::string figure_text(Bar kind, double value) {
  return fmt::format("{:.2f} {}", value, kind == Bar::ratio_at_most ? "x" : "steps");
}

// Prints the row; true when the bar holds or could not be tried here.
bool report(const Comparison& c, Collector& collector, const std::vector<double>& steps) {
  for (const char* side : {"/ours", "/plain"}) {
    const auto reason = collector.reasons.find(c.what + side);
    if (reason == collector.reasons.end()) continue;
    fmt::print("{:<54} SKIP: {}\n", c.what, reason->second);
    return true;
  }
  const auto &ours = collector.times[c.what + "/ours"], &plain = collector.times[c.what + "/plain"];
  const double figure = judge(c, ours, plain, steps);
  const bool holds = figure <= c.bar;
  const char* kind = c.kind == Bar::steps_at_most   ? "ours"
                     : c.kind == Bar::ratio_at_most ? "ratio"
                                                    : "more";
  fmt::print("{:<54} {:>12.2f} {:>12.2f}  {:<5} {:>11} <= {:<11} {}\n", c.what, median(ours),
             median(plain), kind, figure_text(c.kind, figure), figure_text(c.kind, c.bar),
             holds ? "PASS" : "FAIL");
  std::fflush(stdout);
  return holds;
}

int run(int passes, const NameFilter& wanted) {
  Collector collector;
  bool all_hold = true;
  fmt::print("{:<54} {:>12} {:>12}  {:>17} <= {}\n", "what", "ours, ns", "plain, ns", "judged",
             "bar");
  for (const Comparison& c : comparisons()) {
    if (!wanted.matches(c.what)) continue;
    benchmark::ClearRegisteredBenchmarks();
    register_benchmark(c.what + "/ours", c.ours, c.iterations);
    register_benchmark(c.what + "/plain", c.plain, c.iterations);
    std::vector<double> steps;
    for (int pass = 0; pass < passes; ++pass) {
      steps.push_back(time_a_step());
      benchmark::RunSpecifiedBenchmarks(&collector, nullptr, ".");
    }
    all_hold &= report(c, collector, steps);
  }
  return static_cast<int>(all_hold ? ExitCode::ok : ExitCode::failed_rows);
}

}  // namespace
}  // namespace convoy::self

int main(int argc, char** argv) {
  int passes = 9;
  const char* const text = argc > 1 ? argv[1] : "9";
  const auto [end, error] = std::from_chars(text, text + std::strlen(text), passes);
  if (argc > 3 || error != std::errc{} || *end != '\0' || passes < 1) {
    fmt::print(stderr, "usage: {0} [PASSES [REGEX]], such as: {0} 9 echo\n",
               program_invocation_short_name);
    return static_cast<int>(convoy::ExitCode::usage);
  }
  auto& all = convoy::self::comparisons();
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.what < b.what; });
  try {
    return convoy::self::run(passes, convoy::NameFilter(argc > 2 ? argv[2] : ".", "REGEX"));
  } catch (const std::exception& failure) {
    fmt::print(stderr, "{}: {}\n", program_invocation_short_name, failure.what());
    return static_cast<int>(convoy::ExitCode::failed_rows);
  }
}
