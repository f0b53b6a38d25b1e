// The machine as a tree of packages, memory nodes, caches, cores and PUs: this one, one in a file,
// or an invented one.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "harness/machine/cpu_set.hpp"

namespace convoy {

enum class Level { pu, core, l2, l3, group, numa, package, machine };

const char* level_name(Level level);

// One object of the tree, reduced to what a drawing needs. Memory nodes hang beside the children,
// as in hwloc.
struct TopologyObject {
  std::string type;
  int logical = 0;
  int os_index = -1;
  std::uint64_t size_bytes = 0;
  CpuSet cpus;
  std::vector<TopologyObject> memory;
  std::vector<TopologyObject> children;
};

// CPUs that are alike, as hwloc tells them apart; kinds are ordered from the slowest to the
// fastest. An efficiency of -1 means that their order is not known.
struct CpuKind {
  CpuSet cpus;
  int efficiency = -1;
  std::string description;
  std::string core_type;      // "IntelAtom"; empty when the processor does not tell
  std::string frequency_mhz;  // the highest; empty when the kernel does not tell
};

// A plain value read from hwloc once; hwloc's own structures are freed before the constructor
// returns. Made by the controller, while it has no other thread, and read from anywhere. Reading a
// file may block on the disk.
class Topology {
 public:
  // This machine, restricted to the CPUs the process may use. Loaded at the first call and never
  // again, so that programs which only list or parse pay nothing for it. Call it before the first
  // thread and the first binding.
  static const Topology& live();
  // The same without the memory: what live() calls, for tests.
  static Topology load_live();
  // The XML that `lstopo file.xml` writes. Throws UsageError.
  static Topology from_file(const std::string& path);
  // hwloc's synthetic description, such as "pack:2 [numa] l3:2 core:8 pu:2". Throws UsageError.
  static Topology from_synthetic(const std::string& text);
  // A file if one is there or the name ends in .xml, otherwise a synthetic description. Throws
  // UsageError.
  static Topology parse(const std::string& text);

  // Only then can a plan be carried out: binding by a foreign topology does nothing and reports
  // success.
  bool is_this_system() const { return is_this_system_; }
  // The CPUs a plan may use: those of the tree that this process is allowed to run on.
  const CpuSet& allowed() const { return allowed_; }
  // The OS numbers of the PUs in hwloc's logical order, that is from left to right in the tree.
  const std::vector<int>& pus() const { return pus_; }
  // The CPU sets of a level's objects in logical order; empty when the tree has no such level.
  // Memory nodes without a CPU have an empty set. `depth` chooses among several levels of groups
  // and is 0 for the others.
  const std::vector<CpuSet>& objects(Level level, int depth = 0) const;
  int count(Level level, int depth = 0) const {
    return static_cast<int>(objects(level, depth).size());
  }
  const std::vector<CpuKind>& kinds() const { return kinds_; }

  // hwloc's one-line description; empty for a tree that is not symmetric.
  const std::string& synthetic() const { return synthetic_; }
  const std::string& xml() const { return xml_; }
  // A hash of the XML without what changes from boot to boot and from program to program (names,
  // free memory).
  std::uint64_t xml_hash() const;

  // The tree as indented text; `marks` are written behind the PUs with these OS numbers.
  std::string drawing(const std::map<int, std::string>& marks = {}) const;

 private:
  friend struct TopologyReader;
  Topology() = default;

  bool is_this_system_ = false;
  CpuSet allowed_;
  std::vector<int> pus_;
  std::map<std::pair<Level, int>, std::vector<CpuSet>> objects_;
  std::vector<CpuKind> kinds_;
  std::string synthetic_;
  std::string xml_;
  TopologyObject root_;
};

// The variables in the environment that would have made hwloc read another machine than this one,
// as "NAME=value". Loading a topology removes them from the environment for good, so that this
// process, its children and the libraries they use (oneTBB asks hwloc too) all see the same
// machine. Does not load hwloc.
std::vector<std::string> ignored_environment();

// The version of hwloc the program was built with; does not load it.
const char* hwloc_version();

// 64-bit FNV-1a, for fingerprints: stable across runs and machines, not for security.
std::uint64_t fnv_hash(std::string_view text);

// CPUs the kernel keeps out of its balancing (boot parameter isolcpus); empty where it does not
// say.
CpuSet isolated_cpus();

}  // namespace convoy
