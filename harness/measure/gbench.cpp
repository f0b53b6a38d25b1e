#include "harness/measure/gbench.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <charconv>
#include <exception>
#include <map>
#include <sstream>

#include "harness/base/check.hpp"
#include "harness/measure/row_counters.hpp"

namespace convoy {
namespace {

constexpr const char* kCpuTime = "cpu_ns";

// Google Benchmark takes POSIX's extended expressions, which know no escape of ] and }.
std::string exact_expression(const std::string& name) {
  std::string expression = "^";
  for (const char c : name) {
    if (std::string_view("^$\\.*+?()[{|").find(c) != std::string_view::npos) expression += '\\';
    expression += c;
  }
  return expression + "/iterations:1/manual_time$";  // as they were registered
}

// Removes --benchmark_min_time=Nx, which before 1.8 Google Benchmark takes for no number.
std::uint64_t take_operations(int& argc, char** argv) {
  constexpr std::string_view kFlag = "--benchmark_min_time=";
  std::uint64_t operations = 0;
  int kept = 0;
  for (int i = 0; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (!argument.starts_with(kFlag) || !argument.ends_with('x')) {
      argv[kept++] = argv[i];
      continue;
    }
    const std::string_view number =
        argument.substr(kFlag.size(), argument.size() - kFlag.size() - 1);
    const auto [end, error] =
        std::from_chars(number.data(), number.data() + number.size(), operations);
    if (error != std::errc() || end != number.data() + number.size() || operations == 0)
      throw UsageError(fmt::format(
          "{}: write the number of operations of each worker, such as {}100x", argument, kFlag));
  }
  argc = kept;
  argv[argc] = nullptr;
  return operations;
}

// Says nothing: samples are kept by the session.
class SilentReporter : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>&) override {}
};

// Passes everything on to another reporter, with the CPU time of the crew: under manual time Google
// Benchmark knows only that of its own thread, which sleeps meanwhile.
class CrewTimeReporter : public benchmark::BenchmarkReporter {
 public:
  explicit CrewTimeReporter(std::unique_ptr<benchmark::BenchmarkReporter> inner)
      : inner_(std::move(inner)) {}

  bool ReportContext(const Context& context) override {
    inner_->SetOutputStream(&GetOutputStream());
    inner_->SetErrorStream(&GetErrorStream());
    return inner_->ReportContext(context);
  }
  void ReportRuns(const std::vector<Run>& runs) override {
    std::vector<Run> corrected = runs;
    for (Run& run : corrected) {
      const auto cpu = run.counters.find(kCpuTime);
      const auto operations = run.counters.find("operations");
      if (cpu != run.counters.end() && operations != run.counters.end())
        run.cpu_accumulated_time = cpu->second.value / operations->second.value / 1e9;
    }
    inner_->ReportRuns(corrected);
  }
  void Finalize() override {
    inner_->Finalize();
    written_ = GetOutputStream().flush().good();
  }
  bool written() const { return written_; }

 private:
  std::unique_ptr<benchmark::BenchmarkReporter> inner_;
  bool written_ = false;
};

}  // namespace

struct GoogleBenchmarks::State {
  Take take;
  SilentReporter silent;
  // The sample under way: where it goes, and what went wrong.
  CaseResult* result = nullptr;
  int pass = 0;
  std::exception_ptr failure;
  std::exception_ptr fault;  // of Convoy's own: ends the run, once Google Benchmark lets it
  // In a plain run: everything, by case, and how many failed.
  std::map<const Case*, CaseResult> plain;
  int failed = 0;

  void run(benchmark::State& state, const Case& benchmark) {
    CaseResult& into = result != nullptr ? *result : plain[&benchmark];
    into.benchmark = &benchmark;
    for ([[maybe_unused]] auto _ : state) {
      try {
        if (fault != nullptr) throw std::runtime_error("not measured, after a fault of Convoy");
        take(benchmark, into, pass);
        state.SetIterationTime(into.samples.back().real_time_ns() / 1e9);
      } catch (const InternalError& error) {
        failure = fault = std::current_exception();
        state.SkipWithError(error.what());
      } catch (...) {
        failure = std::current_exception();
        state.SkipWithError(describe_exception().c_str());
      }
    }
    if (failure != nullptr) {
      if (result == nullptr) ++failed, failure = nullptr;
      return;
    }
    for (const auto& [name, value] : counters_of(into, into.samples.back(), std::nullopt))
      state.counters[name] = value;
  }
};

GoogleBenchmarks::GoogleBenchmarks(const std::vector<Case>& cases, Take take)
    : state_(std::make_unique<State>()) {
  state_->take = std::move(take);
  for (const Case& c : cases) {
    benchmark::RegisterBenchmark(
        c.name.c_str(), [state = state_.get(), &c](benchmark::State& s) { state->run(s, c); })
        ->Iterations(1)
        ->UseManualTime();
  }
}

GoogleBenchmarks::~GoogleBenchmarks() { benchmark::ClearRegisteredBenchmarks(); }

void GoogleBenchmarks::take(const Case& benchmark, CaseResult& result, int pass) {
  state_->result = &result;
  state_->pass = pass;
  state_->failure = nullptr;
  const std::size_t ran =
      benchmark::RunSpecifiedBenchmarks(&state_->silent, nullptr, exact_expression(benchmark.name));
  state_->result = nullptr;
  CONVOY_CHECK(ran == 1, "a case's name selected none or several of Google Benchmark's benchmarks");
  if (state_->failure != nullptr) std::rethrow_exception(std::exchange(state_->failure, nullptr));
}

int GoogleBenchmarks::run_plainly(const std::string& output_file) {
  CrewTimeReporter display{
      std::unique_ptr<benchmark::BenchmarkReporter>(benchmark::CreateDefaultDisplayReporter())};
  CrewTimeReporter file{std::make_unique<benchmark::JSONReporter>()};
  if (benchmark::RunSpecifiedBenchmarks(&display, output_file.empty() ? nullptr : &file) == 0)
    throw UsageError("nothing was selected: --benchmark_list_tests shows the benchmarks' names");
  if (state_->fault != nullptr) std::rethrow_exception(state_->fault);
  if (!output_file.empty() && !file.written())
    throw UsageError(fmt::format(
        "cannot write all of {}; free some space, or choose another file with --benchmark_out=FILE",
        output_file));
  return state_->failed;
}

std::string GoogleBenchmarks::context_json() {
  std::ostringstream text;
  benchmark::JSONReporter reporter;
  reporter.SetOutputStream(&text);
  reporter.SetErrorStream(&text);
  const benchmark::BenchmarkReporter::Context context;
  reporter.ReportContext(context);
  reporter.Finalize();
  return text.str();
}

std::uint64_t initialise_google_benchmark(int& argc, char** argv) {
  const std::uint64_t operations = take_operations(argc, argv);
  benchmark::Initialize(&argc, argv);
  for (int i = 1; i < argc; ++i)
    if (std::string_view(argv[i]).starts_with("--benchmark_"))
      throw UsageError(
          fmt::format("unknown option {}: see `--help` for Google Benchmark's options", argv[i]));
  return operations;
}

}  // namespace convoy
