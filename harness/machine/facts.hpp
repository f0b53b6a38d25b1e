// What is recorded about the machine and the build with every result.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "harness/machine/topology.hpp"

namespace convoy {

// Null (monostate) when it could not be found out.
using FactValue = std::variant<std::monostate, bool, std::int64_t, double, std::string>;

struct Fact {
  std::string name;  // the unit ends it: cgroup_quota_cpus
  FactValue value;
  std::string reason;  // why the value is null; otherwise empty
  // Part of the fingerprint: results that differ in it are not compared unless forced.
  bool decides_speed = false;
};

// Named values in the order they were added. Filled by the controller before the first round; a
// report turns it into JSON without knowing any of the names.
class Facts {
 public:
  void add(std::string name, FactValue value, bool decides_speed = false);
  void add_unknown(std::string name, std::string reason, bool decides_speed = false);
  // The versions of libraries a result depends on; called "<name>_version".
  void add_library(const std::string& name, const std::string& version, bool decides_speed = true);

  const Fact* find(std::string_view name) const;
  const std::vector<Fact>& list() const { return facts_; }
  // 64 bits in hex over the names and values of those that decide speed, whatever their order.
  std::string fingerprint() const;

 private:
  std::vector<Fact> facts_;
};

// A value as text, for printing and hashing: "null", "true", "2", "1.5", "Intel".
std::string fact_text(const FactValue& value);

// Everything there is to know, in about 10 ms: reads /proc and /sys below `root` (for tests), asks
// git. Blocks on files and on git for at most two seconds; called by the controller. The host's
// name is not among them.
Facts gather_facts(const Topology& topology, const std::string& root = "");

// The parts of gather_facts, for whoever needs one of them.
void add_processor_facts(Facts& facts, const std::string& root = "");
void add_topology_facts(Facts& facts, const Topology& topology);
void add_kernel_facts(Facts& facts, const std::string& root = "");
void add_build_facts(Facts& facts);
void add_source_facts(Facts& facts, const std::string& source_folder);

// Time the hypervisor gave to others while this machine wanted to run, in clock ticks over all CPUs
// since boot; read before and after a run.
std::optional<std::int64_t> steal_ticks(const std::string& root = "");
// The one-minute load average.
std::optional<double> load_average(const std::string& root = "");
// "on", "off" or null; "performance", or "mixed: performance, powersave".
Fact boost_fact(const std::string& root = "");
Fact governor_fact(const std::string& root = "");
// "KVMKVMKVM" and the like, "none", or null where the processor does not tell.
Fact hypervisor_fact(const std::string& root = "");

// What a command prints, or nothing when it fails or takes longer than `limit_ms`; then `reason`
// says why. The child is always waited for.
std::optional<std::string> output_of(const std::vector<std::string>& command, int limit_ms,
                                     std::string& reason);

}  // namespace convoy
