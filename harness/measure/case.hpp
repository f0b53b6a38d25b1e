// One benchmark of the matrix: a workload under one model, lock and placement, and the name that
// says so.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/gil/gil.hpp"
#include "harness/machine/placement.hpp"
#include "harness/model/crew.hpp"
#include "harness/work/workload.hpp"

namespace convoy {

// Where the other side of an I/O workload runs: on the first seat's CPUs, on others, or wherever
// the system likes; or it is a server of others, see NeedsTarget.
enum class PeerPlace { same, other, none, external };
PeerPlace parse_peer_place(const std::string& text);  // throws UsageError
const char* text_of(PeerPlace place);

// A value, made by expand() and never changed.
struct Case {
  const Workload* workload = nullptr;
  std::vector<std::int64_t> arguments;  // in the workload's order of parameters
  const Model* model = nullptr;
  GilSpec gil;
  PlacementRequest placement;
  std::string placement_qualifiers;  // as in Axes
  std::optional<PeerPlace> peer;     // absent where the workload has none
  std::string target;                // the address, where that is external
  int workers = 1;
  int carriers = 1;      // event loops of each interpreter
  int interpreters = 1;  // over which a divisible model deals its workers
  Engine engine = Engine::automatic;
  std::int64_t fiber_stack = FiberStackSize::kUsual;
  std::string name;
  bool comes_first = true;  // where time is short: the answer in words needs it

  int bodies() const;
  int seats() const;
  // Processes with a lock of their own, and the event loops that the largest of them has.
  int interpreters_used() const;
  int carriers_used() const { return (seats() + interpreters_used() - 1) / interpreters_used(); }
  // The same surroundings for another workload with its default arguments, or the same work under
  // another model.
  Case with_workload(const Workload& other) const;
  Case with_model(const Model& other) const;
  // Sets what follows from the rest: the number of seats, and the name; carriers, an engine, a size
  // of stacks and interpreters stay only where the model has such.
  void settle();
};

// Whether its answer is that of the same work under `single`.
bool has_reference(const Case& benchmark);
// How its answer is judged: where a runtime does the work, it is the program that checks.
Answer answer_of(const Case& benchmark);

// "cpu_pi/model:threads/gil:none/place:core.close/workers:2/n:1000": the workload, the axes, and
// the parameters that are not at their defaults.
std::string name_of(const Case& c);

// One value of a workload's parameter, as "--param workload.name=value" gives it.
struct ParameterSetting {
  std::string workload, parameter;
  std::vector<std::string> values;
};
ParameterSetting parse_setting(const std::string& text);  // throws UsageError

// The server of a workload, as "--target workload=address" gives it.
struct TargetSetting {
  const Workload* workload = nullptr;
  std::string address;
};
TargetSetting parse_target_setting(const std::string& text);  // throws UsageError

// What the user selected. Empty lists mean: as the suite says.
struct Axes {
  std::string suite = "quick";
  // Regular expressions searched for in names; what any of them matches is selected. Empty: all.
  std::vector<std::string> filters;
  std::vector<const Model*> models;
  std::vector<const Model*> runtimes;  // beside those; none unless the user names them
  std::vector<GilSpec> gils;
  std::vector<int> workers;
  std::vector<int> carriers;
  std::vector<int> interpreters;
  std::vector<std::int64_t> fiber_stacks;
  std::vector<PlacementRequest> placements;
  // What narrows the placements, as names tell it: "/within:package:0/smt:off"; empty for none.
  std::string placement_qualifiers;
  std::vector<PeerPlace> peers;
  std::vector<ParameterSetting> settings;
  std::vector<TargetSetting> targets;  // one a workload at most
  Engine engine = Engine::automatic;
  // Adds the `null` workload, for overhead_ns, in surroundings that several selected benchmarks
  // share.
  bool with_overhead = true;
  // The quick suite takes only what its answer needs. A plain Google Benchmark program is asked for
  // benchmarks by their names instead, and has more of them.
  bool only_what_the_answer_needs = true;
};

// What a suite decides; no workload is named, so that a new one joins every suite by itself.
struct Suite {
  std::string name;
  std::string description;
  int passes;          // at least
  nanoseconds budget;  // for the whole run; 0 for none
  double precision;    // half the 95 % interval of the median over the median, that it asks for
  int rows;            // rows a name in the file's `benchmarks`
};
const std::vector<Suite>& suites();
const Suite& find_suite(const std::string& name);  // throws UsageError

struct Selection {
  std::vector<Case> cases;
  // Chosen by a filter, and skipped: they need a target and have none. Suites leave such out.
  std::vector<const Workload*> skipped;
};

// All benchmarks of the selection, sorted by name, without repeats. `cpus`: how many this process
// may use. Throws UsageError for a parameter or a value that does not exist, a broken expression,
// and an empty selection.
Selection select(const Axes& axes, int cpus);
// Why, and what to type.
std::string skipped_in_words(const Workload& workload);
// The same; throws Skipped where all of it is skipped.
Selection select_some(const Axes& axes, int cpus);
// The benchmarks of that alone.
std::vector<Case> expand(const Axes& axes, int cpus);

// How many CPUs the process may use; cheap, needs no topology.
int allowed_cpu_count();

}  // namespace convoy
