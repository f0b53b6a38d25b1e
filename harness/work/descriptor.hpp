// Everything the harness knows of a workload, and the list of all workloads.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/base/parameter.hpp"
#include "harness/work/usual_values.hpp"

namespace convoy {

class FixtureBase;
struct Figure;
struct MatrixFigure;
class Task;
class Worker;

// How an answer is judged.
enum class Answer : std::uint8_t {
  same_as_single,  // the checksum of a fixed budget equals that of the same budget under `single`
  own,             // a function of the workers' checksums
  none,            // nothing is computed
};

// What the latency histogram holds.
enum class Latency : std::uint8_t {
  none,
  operation,
  lateness,
  request,  // of a server's clients: see LoadPeer
};

// The echo server a workload talks to.
enum class Transport : std::uint8_t { none, tcp, udp, unix_stream, pipe };

// What the load generator is told by a workload's parameters: see LoadPeer. Null where it has no
// such peer.
struct LoadParameters {
  const ParameterBase* bytes = nullptr;
  const ParameterBase* clients = nullptr;
  const ParameterBase* session = nullptr;
  const ParameterBase* rate = nullptr;
  const ParameterBase* arrivals = nullptr;
};

// See OperationCosts. Null where it has no such parameter.
struct CostParameters {
  const ParameterBase* cpu = nullptr;
  const ParameterBase* wait = nullptr;
};

// The server of others that --target names: see NeedsTarget.
struct TargetKind {
  std::string server;     // "Redis"; empty: the workload talks to none
  std::string start;      // what starts one: "scripts/servers/redis start"
  bool is_needed = true;  // false: without one the workload's peer answers
  bool is_url = false;    // written as http://HOST:PORT/PAGE
  explicit operator bool() const { return !server.empty(); }
};

// See InQuick.
struct QuickRows {
  UsualValues values;
  std::vector<std::string> models;
  int workers;
};

// Registered at static initialisation, then immutable.
struct Workload {
  std::string name, family, description;
  std::vector<const ParameterBase*> parameters;
  Task (*body)(Worker&) = nullptr;
  Task (*background)(Worker&) = nullptr;            // what background workers run
  const ParameterBase* background_count = nullptr;  // how many there are
  std::vector<int> usual_workers;                   // what suites run it with; empty: as others
  std::vector<UsualValues> usual_values;
  std::vector<QuickRows> in_quick;
  bool starts_others = false;          // see StartsOthers
  std::vector<std::string> few_locks;  // see UnderFewLocks; empty: as others
  std::vector<const FixtureBase*> fixtures;
  // What it asks of a model: see offers() in harness/model/crew.hpp.
  bool workers_need_each_other = false;
  bool workers_need_seats = false;
  bool blocks_threads = false;
  std::vector<std::string> excluded_models;
  // What suites ask: whether its workers mostly wait, whether it is an experiment, which answers
  // nothing about the user's work, and whether its operations are the harness's cost alone.
  bool computes_and_waits = false;  // see ComputesAndWaits
  bool climbs = false;              // see ClimbsUntilRefused
  bool waits = false, is_experiment = false, is_overhead = false;
  Answer answer = Answer::same_as_single;
  std::string (*own_check)(const std::vector<std::uint64_t>& checksums) = nullptr;
  Latency latency = Latency::none;
  Transport peer = Transport::none;
  const ParameterBase* peer_delay = nullptr;  // the peer's service time a request
  bool peer_stamps = false;                   // see EchoPeer::stamps
  const ParameterBase* peer_page = nullptr;   // the size of its page, where it speaks HTTP
  CostParameters costs;
  LoadParameters load;  // its peer is no server then, but calls its workers
  TargetKind target;
  const ParameterBase* operation_bytes =
      nullptr;                // bytes one operation moves, for bytes_per_second
  int operation_updates = 0;  // see CountsLost; 0: nothing is lost
  std::vector<const Figure*> figures;
  const MatrixFigure* matrix = nullptr;

  // What to type where it needs a target and has none.
  std::string target_advice() const;
  // Throws UsageError for an unknown parameter, naming the ones there are.
  std::size_t parameter_index(const std::string& parameter) const;
  std::vector<std::int64_t> initial_arguments() const;
};

// Every workload linked in, sorted by name.
const std::vector<Workload>& workloads();
// Throws UsageError for an unknown name, with the nearest known one.
const Workload& find_workload(const std::string& name);

}  // namespace convoy
