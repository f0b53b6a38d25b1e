// The bridge to Google Benchmark: every case is registered there under its name and taken through
// it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "harness/measure/sample.hpp"

namespace convoy {

// Owned by the controller, once a process: Google Benchmark's registry is global. `cases` outlives
// it.
class GoogleBenchmarks {
 public:
  using Take = std::function<void(const Case&, CaseResult&, int pass)>;

  GoogleBenchmarks(const std::vector<Case>& cases, Take take);
  ~GoogleBenchmarks();

  // Takes one sample of one case by running exactly that benchmark; what `take` throws comes out
  // again.
  void take(const Case& benchmark, CaseResult& result, int pass);

  // The program as a plain Google Benchmark program: one pass over what --benchmark_filter selects,
  // told by its own reporters, with the crew's CPU time in place of the controller's. Returns how
  // many benchmarks failed.
  int run_plainly(const std::string& output_file);

  // What Google Benchmark says of the machine and the program: the JSON object of its "context", as
  // text.
  static std::string context_json();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Hands the --benchmark_* flags to Google Benchmark and removes them from argv. Answers how many
// operations a worker --benchmark_min_time=Nx asks for, 0 without: a case is one iteration, and
// within it N counts operations. Throws UsageError for a flag that nobody knows.
std::uint64_t initialise_google_benchmark(int& argc, char** argv);

}  // namespace convoy
