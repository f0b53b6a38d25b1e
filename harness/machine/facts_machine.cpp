// The facts that are read from /proc, /sys and the topology.
#include <sys/personality.h>
#include <sys/utsname.h>

#include <fstream>
#include <set>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "harness/machine/counters.hpp"
#include "harness/machine/facts.hpp"
#include "harness/machine/pinning.hpp"
#include "harness/machine/quota.hpp"

namespace convoy {
namespace {

std::optional<std::string> first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) return {};
  return line;
}

// The value of the first "name : value" line of /proc/cpuinfo with one of these names.
std::optional<std::string> cpuinfo(const std::string& root, const std::vector<std::string>& names) {
  std::ifstream file(root + "/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line)) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos || colon + 2 > line.size()) continue;
    const std::string name = line.substr(0, line.find_last_not_of(" \t", colon - 1) + 1);
    for (const std::string& wanted : names) {
      if (name == wanted) return line.substr(colon + 2);
    }
  }
  return {};
}

void add_or_unknown(Facts& facts, const std::string& name, const std::optional<std::string>& value,
                    const std::string& reason, bool decides_speed) {
  if (value) {
    facts.add(name, *value, decides_speed);
  } else {
    facts.add_unknown(name, reason, decides_speed);
  }
}

void add_fact(Facts& facts, const Fact& fact) {
  if (fact.reason.empty()) {
    facts.add(fact.name, fact.value, fact.decides_speed);
  } else {
    facts.add_unknown(fact.name, fact.reason, fact.decides_speed);
  }
}

}  // namespace

Fact governor_fact(const std::string& root) {
  std::set<std::string> governors;
  for (const int cpu : current_affinity()) {
    const auto governor = first_line(root + "/sys/devices/system/cpu/cpu" + std::to_string(cpu) +
                                     "/cpufreq/scaling_governor");
    if (governor) governors.insert(*governor);
  }
  if (governors.empty()) {
    return {"governor", {}, "the kernel does not control the frequency (no cpufreq)", true};
  }
  std::string all;
  for (const std::string& governor : governors) all += (all.empty() ? "" : ", ") + governor;
  return {"governor", governors.size() > 1 ? "mixed: " + all : all, {}, true};
}

Fact boost_fact(const std::string& root) {
  const std::string folder = root + "/sys/devices/system/cpu/";
  if (const auto no_turbo = first_line(folder + "intel_pstate/no_turbo")) {
    return {"boost", *no_turbo == "0" ? "on" : "off", {}, true};
  }
  if (const auto boost = first_line(folder + "cpufreq/boost")) {
    return {"boost", *boost == "0" ? "off" : "on", {}, true};
  }
  return {"boost", {}, "the kernel does not say (no intel_pstate and no cpufreq/boost)", true};
}

Fact hypervisor_fact(const std::string& root) {
  if (const auto type = first_line(root + "/sys/hypervisor/type")) {
    return {"hypervisor", *type, {}, true};
  }
  const auto flags = cpuinfo(root, {"flags"});
  if (!flags) return {"hypervisor", {}, "this processor does not report it", true};
  if ((*flags + " ").find(" hypervisor ") == std::string::npos) {
    return {"hypervisor", "none", {}, true};
  }
#if defined(__x86_64__)
  unsigned words[4] = {};
  __cpuid(0x40000000, words[0], words[1], words[2], words[3]);
  std::string name(reinterpret_cast<const char*>(words + 1), 12);
  name = name.c_str();
  if (!name.empty()) return {"hypervisor", name, {}, true};
#endif
  return {"hypervisor", "unnamed", {}, true};
}

void add_processor_facts(Facts& facts, const std::string& root) {
  const std::string reason = "not in /proc/cpuinfo";
  add_or_unknown(facts, "cpu_model", cpuinfo(root, {"model name", "cpu model", "CPU part", "cpu"}),
                 reason, true);
  add_or_unknown(facts, "microcode", cpuinfo(root, {"microcode"}), reason, true);
  add_fact(facts, governor_fact(root));
  add_fact(facts, boost_fact(root));
  const auto smt = first_line(root + "/sys/devices/system/cpu/smt/active");
  if (smt) {
    facts.add("smt", *smt == "1", true);
  } else {
    facts.add_unknown("smt", "no /sys/devices/system/cpu/smt/active", true);
  }
  add_fact(facts, hypervisor_fact(root));
  if (const std::string& refusal = refusal_of_processor(); refusal.empty())
    facts.add("hardware_counters", true);
  else facts.add_unknown("hardware_counters", refusal);
}

void add_topology_facts(Facts& facts, const Topology& topology) {
  facts.add("packages", std::int64_t{topology.count(Level::package)});
  facts.add("numa_nodes", std::int64_t{topology.count(Level::numa)});
  facts.add("cores", std::int64_t{topology.count(Level::core)});
  facts.add("pus", static_cast<std::int64_t>(topology.pus().size()));
  facts.add("core_kinds", static_cast<std::int64_t>(topology.kinds().size()));
  facts.add("allowed_cpus", topology.allowed().text(), true);
  if (topology.synthetic().empty()) {
    facts.add_unknown("topology_synthetic", "the tree is not symmetric");
  } else {
    facts.add("topology_synthetic", topology.synthetic());
  }
  char hex[20];
  std::snprintf(hex, sizeof hex, "%016llx", static_cast<unsigned long long>(topology.xml_hash()));
  facts.add("topology_xml_hash", hex, true);
  std::string ignored;
  for (const std::string& variable : ignored_environment()) {
    ignored += (ignored.empty() ? "" : "; ") + variable;
  }
  facts.add("ignored_environment", ignored);
}

void add_kernel_facts(Facts& facts, const std::string& root) {
  utsname kernel{};
  ::uname(&kernel);
  facts.add("kernel", std::string(kernel.sysname) + " " + kernel.release, true);
  facts.add("architecture", kernel.machine, true);
  const CpuQuota quota = read_cpu_quota(root + "/proc/self/cgroup", root + "/sys/fs/cgroup");
  if (quota.cpus) {
    facts.add("cgroup_quota_cpus", *quota.cpus, true);
  } else {
    facts.add_unknown("cgroup_quota_cpus", "no control group limits the CPU time", true);
  }
  facts.add("isolated_cpus", isolated_cpus().text(), true);
  // What setarch -R sets for this process comes before what the kernel does for all.
  const bool randomized = (::personality(0xffffffff) & ADDR_NO_RANDOMIZE) == 0;
  const auto space = first_line(root + "/proc/sys/kernel/randomize_va_space");
  add_or_unknown(facts, "aslr",
                 !randomized     ? "off"
                 : !space        ? space
                 : *space == "0" ? "off"
                 : *space == "1" ? "partial"
                                 : "full",
                 "no /proc/sys/kernel/randomize_va_space", true);
  const auto load = load_average(root);
  if (load) {
    facts.add("load_average", *load);
  } else {
    facts.add_unknown("load_average", "no /proc/loadavg");
  }
}

std::optional<double> load_average(const std::string& root) {
  std::ifstream file(root + "/proc/loadavg");
  double load = 0;
  if (!(file >> load)) return {};
  return load;
}

std::optional<std::int64_t> steal_ticks(const std::string& root) {
  std::ifstream file(root + "/proc/stat");
  std::string word;
  std::int64_t field = 0;
  // cpu user nice system idle iowait irq softirq steal
  file >> word;
  for (int i = 0; i < 8; ++i) file >> field;
  if (!file || word != "cpu") return {};
  return field;
}

}  // namespace convoy
