// A Google Benchmark program whose truth is known, to measure how often a judge of benchmarks errs.
// CONVOY_SLOWDOWN="cpu_sort=1.05,pipe_ping_pong=1.1" makes the named benchmarks do so much more of
// the same work, "*=1.05" all of them. The counter `units` tells how much one iteration did.
#include "tests/gate/known_truth.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <sstream>
#include <string>

namespace {

using known::Known;
using Slowdowns = std::map<std::string, double>;

[[noreturn]] void refuse(const std::string& part) {
  std::fprintf(stderr,
               "known_truth: CONVOY_SLOWDOWN has '%s': write name=1.05,other=1.1 with names from "
               "--benchmark_list_tests and factors from 0.1 to 10, or *=1.05\n",
               part.c_str());
  std::exit(2);
}

Slowdowns asked() {
  Slowdowns found;
  const char* text = std::getenv("CONVOY_SLOWDOWN");
  std::istringstream parts(text != nullptr ? text : "");
  for (std::string part; std::getline(parts, part, ',');) {
    const auto equals = part.find('=');
    if (equals == std::string::npos) refuse(part);
    char* end = nullptr;
    const double factor = std::strtod(part.c_str() + equals + 1, &end);
    if (*end != '\0' || !(factor >= 0.1 && factor <= 10)) refuse(part);
    found[part.substr(0, equals)] = factor;
  }
  return found;
}

void measure(benchmark::State& state, const Known& one, long units) {
  const known::Work work = one.prepare();
  long done = 0;
  for (auto _ : state) done += work(units);
  state.counters["units"] = benchmark::Counter(double(done), benchmark::Counter::kAvgIterations);
}

// A name that is misspelt would slow nothing, and make everything that follows from it wrong.
Slowdowns register_all(Slowdowns slowdowns) {
  const double everywhere = slowdowns.count("*") != 0 ? slowdowns["*"] : 1.0;
  slowdowns.erase("*");
  for (const auto* kind : {&known::cpu, &known::memory, &known::threads}) {
    for (const Known& one : *kind) {
      const auto found = slowdowns.find(one.name);
      const double factor = found != slowdowns.end() ? found->second : everywhere;
      if (found != slowdowns.end()) slowdowns.erase(found);
      const long units = std::lround(double(one.units) * factor);
      auto* made = benchmark::RegisterBenchmark(
          one.name, [&one, units](benchmark::State& state) { measure(state, one, units); });
      made->Unit(benchmark::kMillisecond);
      if (kind == &known::threads) made->UseRealTime();
    }
  }
  return slowdowns;
}

}  // namespace

int main(int argc, char** argv) {
  const Slowdowns unknown = register_all(asked());
  if (!unknown.empty()) refuse(unknown.begin()->first);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
