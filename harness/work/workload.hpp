// All that a workload file includes: the descriptor, the macro that registers it, and the worker
// its body gets.
// lint: long because the traits are read beside what they describe
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/check.hpp"
#include "harness/work/echo.hpp"
#include "harness/work/losses.hpp"
#include "harness/work/fixture.hpp"
#include "harness/work/setup.hpp"
#include "harness/work/spinner.hpp"
#include "harness/work/task.hpp"
#include "harness/work/usual_values.hpp"
#include "harness/work/wait.hpp"
#include "harness/work/worker.hpp"

namespace convoy {

// How an answer is judged.
enum class Answer : std::uint8_t {
  same_as_single,  // the checksum of a fixed budget equals that of the same budget under `single`
  own,             // a function of the workers' checksums
  none,            // nothing is computed
};

// What the latency histogram holds.
enum class Latency : std::uint8_t { none, operation, lateness };

// The echo server a workload talks to.
enum class Transport : std::uint8_t { none, tcp, udp, unix_stream, pipe };

// Everything the harness knows of a workload. Registered at static initialisation, then immutable.
struct Workload {
  std::string name, family, description;
  std::vector<const ParameterBase*> parameters;
  Task (*body)(Worker&) = nullptr;
  Task (*background)(Worker&) = nullptr;            // what background workers run
  const ParameterBase* background_count = nullptr;  // how many there are
  std::vector<int> usual_workers;                   // what suites run it with; empty: as its family
  std::vector<UsualValues> usual_values;
  std::vector<const FixtureBase*> fixtures;
  std::vector<std::string> excluded_models;
  Answer answer = Answer::same_as_single;
  std::string (*own_check)(const std::vector<std::uint64_t>& checksums) = nullptr;
  Latency latency = Latency::none;
  Transport peer = Transport::none;
  const ParameterBase* peer_delay = nullptr;       // the peer's service time a request
  bool peer_stamps = false;                        // see EchoPeer::stamps
  const ParameterBase* operation_bytes = nullptr;  // that one operation moves
  int operation_updates = 0;                       // see CountsLost; 0: nothing is lost
  bool is_experiment = false;                      // see holds_experiments
  std::vector<const Figure*> figures;

  bool offers(const std::string& model) const;
  // Throws UsageError for an unknown parameter, naming the ones there are.
  std::size_t parameter_index(const std::string& parameter) const;
  std::vector<std::int64_t> initial_arguments() const;
};

// Traits beside parameters and fixtures in CONVOY_WORKLOAD's list. Each describes itself to the
// descriptor.
struct EchoPeer {
  Transport transport;
  const ParameterBase& delay;
  // The first 8 bytes of an answer are the instant of its sending, on the clock of now(), in ns.
  bool stamps = false;
  void describe(Workload& workload) const;
};
// The parameter that says how many bytes one operation moves.
struct Throughput {
  const ParameterBase& bytes;
  void describe(Workload& workload) const { workload.operation_bytes = &bytes; }
};
// The histogram holds how long operations take, as it does for the families io and mixed without
// being told.
struct MeasureOperations {
  void describe(Workload& workload) const { workload.latency = Latency::operation; }
};
// The histogram holds how late sleeps wake, instead of how long operations take.
struct MeasureLateness {
  void describe(Workload& workload) const { workload.latency = Latency::lateness; }
};
// As many workers more as the parameter says run `body` beside the others until those are done:
// while (worker.running()). They count no operations and are part of no answer. Workers that need
// each other's seats do not run one after another, nor on one event loop.
struct Background {
  const ParameterBase& count;
  Task (*body)(Worker&);
  void describe(Workload& workload) const;
};
// How many workers the suites run it with.
struct UsualWorkers {
  std::vector<int> counts;
  void describe(Workload& workload) const { workload.usual_workers = counts; }
};
struct NotUnder {
  const char* model;
  void describe(Workload& workload) const { workload.excluded_models.emplace_back(model); }
};
// Nothing to check, or a check of its own: empty when right, else what is wrong.
struct NoAnswer {
  void describe(Workload& workload) const { workload.answer = Answer::none; }
};
struct OwnAnswer {
  std::string (*check)(const std::vector<std::uint64_t>& checksums);
  void describe(Workload& workload) const {
    workload.answer = Answer::own;
    workload.own_check = check;
  }
};

inline void describe(Workload& workload, const ParameterBase& parameter) {
  workload.parameters.push_back(&parameter);
}
template <class Trait>
  requires requires(const Trait& trait, Workload& workload) { trait.describe(workload); }
void describe(Workload& workload, const Trait& trait) {
  trait.describe(workload);
}

class WorkloadRegistration {
 public:
  explicit WorkloadRegistration(Workload workload);
};

// Whether workloads of that family answer questions of their own, and none about the user's work.
bool holds_experiments(std::string_view family);

template <class... Traits>
Workload make_workload(const char* name, const char* family, const char* description,
                       Task (*body)(Worker&), const Traits&... traits) {
  Workload workload;
  workload.name = name;
  workload.family = family;
  workload.description = description;
  workload.body = body;
  workload.is_experiment = holds_experiments(family);
  if (workload.family == "io" || workload.family == "mixed") workload.latency = Latency::operation;
  (describe(workload, traits), ...);
  return workload;
}

// Every workload linked in, sorted by name.
const std::vector<Workload>& workloads();
// Throws UsageError for an unknown name, with the nearest known one.
const Workload& find_workload(const std::string& name);

}  // namespace convoy

// CONVOY_WORKLOAD(name, family, "what it does", parameters, fixtures and traits...) { body using
// `worker` }
#define CONVOY_WORKLOAD(name, family, description, ...)                                           \
  static ::convoy::Task convoy_body_##name(::convoy::Worker& worker);                             \
  static const ::convoy::WorkloadRegistration convoy_registration_##name(::convoy::make_workload( \
      #name, #family, description, &convoy_body_##name __VA_OPT__(, ) __VA_ARGS__));              \
  static ::convoy::Task convoy_body_##name([[maybe_unused]] ::convoy::Worker& worker)
