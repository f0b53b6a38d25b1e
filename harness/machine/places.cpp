// Which PUs are available, and how they are cut into places.
#include <algorithm>
#include <utility>

#include "harness/base/check.hpp"
#include "harness/machine/placement.hpp"

namespace convoy {
namespace {

// For every CPU the object of one level that holds it, or -1. Memory nodes may lie over one another
// (fast memory beside slow, a node for the whole machine): the smallest one that holds a CPU is its
// own.
std::map<int, int> owners(const std::vector<CpuSet>& objects) {
  std::map<int, int> owner;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    for (const int cpu : objects[i]) {
      const auto [at, is_new] = owner.try_emplace(cpu, static_cast<int>(i));
      if (is_new) continue;
      if (objects[i].size() < objects[static_cast<std::size_t>(at->second)].size()) {
        at->second = static_cast<int>(i);
      }
    }
  }
  return owner;
}

PlaceLevel resolve(const Topology& topology, const PlaceLevel& level,
                   std::vector<std::string>& fallbacks) {
  if (!level.last_cache || topology.count(Level::l3) > 0) return {level.level, level.depth};
  if (topology.count(Level::l2) == 0) return {Level::l3};
  fallbacks.push_back("ll_caches: the largest cache here is the l2");
  return {Level::l2};
}

// Where the CPUs go that no object of `level` holds: a core is then its one PU, and anything else
// the smallest object of a higher level.
struct Fallback {
  Level level;
  int index;
};

Fallback enclosing(const Topology& topology, const PlaceLevel& level, int cpu) {
  if (level.level == Level::core || level.level == Level::pu) return {Level::pu, cpu};
  if (level.level == Level::numa || level.level == Level::package) return {Level::machine, 0};
  Fallback best{Level::machine, 0};
  int smallest = topology.allowed().size() + 1;
  std::vector<Level> higher{Level::package, Level::numa};
  if (level.level == Level::l2) higher.insert(higher.begin(), Level::l3);
  for (const Level candidate : higher) {
    const auto& objects = topology.objects(candidate);
    for (std::size_t i = 0; i < objects.size(); ++i) {
      if (objects[i].contains(cpu) && objects[i].size() < smallest) {
        best = {candidate, static_cast<int>(i)};
        smallest = objects[i].size();
      }
    }
  }
  return best;
}

CpuSet narrow_within(const Topology& topology, const Within& within, const CpuSet& available) {
  if (!within.level) return available & within.indexes;
  const auto& objects = topology.objects(within.level->level, within.level->depth);
  CpuSet inside;
  for (const int index : within.indexes) {
    const std::string name = level_text(*within.level);
    if (objects.empty()) {
      throw UsageError("--within " + name + ":" + within.indexes.text() +
                       ": this machine shows no " + name + "; `convoy topology` draws the machine");
    }
    if (index >= static_cast<int>(objects.size())) {
      throw UsageError("--within " + name + ":" + std::to_string(index) + ": there are " +
                       std::to_string(objects.size()) +
                       " of them, counted from 0; `convoy topology` "
                       "draws them");
    }
    inside = inside | objects[static_cast<std::size_t>(index)];
  }
  return available & inside;
}

// Whether two of hwloc's kinds are one sort of core to a user: the kernel's capacities split a
// cluster of equal cores when some of them may run a little faster.
bool same_sort(const CpuKind& left, const CpuKind& right) {
  if (!left.core_type.empty() && !right.core_type.empty()) {
    return left.core_type == right.core_type;
  }
  return !left.frequency_mhz.empty() && left.frequency_mhz == right.frequency_mhz;
}

CpuSet narrow_kind(const Topology& topology, CoreKind kind, CpuSet available) {
  const auto& kinds = topology.kinds();
  if (kind == CoreKind::all || (kinds.size() < 2 && kind == CoreKind::perf)) return available;
  if (kinds.size() < 2) {
    throw UsageError("--kind eff: all cores of this machine are of one kind; omit --kind");
  }
  if (kinds.front().efficiency < 0) {
    throw UsageError("--kind: this machine has " + std::to_string(kinds.size()) +
                     " kinds of cores and does not say which is faster; choose CPUs with --within "
                     "cpus:LIST");
  }
  const CpuKind& wanted = kind == CoreKind::perf ? kinds.back() : kinds.front();
  CpuSet cpus = wanted.cpus;
  for (const CpuKind& other : kinds) {
    if (same_sort(wanted, other)) cpus = cpus | other.cpus;
  }
  return available & cpus;
}

// One PU a core: the first available one, in logical order.
CpuSet narrow_smt(const Topology& topology, const CpuSet& available) {
  std::vector<std::string> ignored;
  CpuSet result;
  for (const CpuSet& core : places_of(topology, available, {Level::core}, ignored)) {
    const auto& pus = topology.pus();
    result.insert(
        *std::find_if(pus.begin(), pus.end(), [&](int cpu) { return core.contains(cpu); }));
  }
  return result;
}

}  // namespace

CpuSet available_cpus(const Topology& topology, const PlacementRequest& request) {
  CpuSet available = topology.allowed();
  std::string steps = "allowed: " + available.text();
  const auto narrow = [&](const std::string& flag, CpuSet to) {
    available = std::move(to);
    steps += "; after " + flag + ": " + (available.empty() ? "none" : available.text());
    if (available.empty()) {
      throw UsageError("no CPU is left to run on (" + steps + "); leave " + flag +
                       " away or widen it");
    }
  };
  for (const Within& within : request.within) {
    const std::string name = within.level ? level_text(*within.level) : "cpus";
    narrow("--within " + name + ":" + within.indexes.text(),
           narrow_within(topology, within, available));
  }
  if (request.kind != CoreKind::all) {
    narrow(request.kind == CoreKind::perf ? "--kind perf" : "--kind eff",
           narrow_kind(topology, request.kind, available));
  }
  if (request.smt == Smt::off) narrow("--smt off", narrow_smt(topology, available));
  if (available.empty()) throw UsageError("no CPU is allowed here; widen the process's affinity");
  return available;
}

std::vector<CpuSet> places_of(const Topology& topology, const CpuSet& available,
                              const PlaceLevel& asked, std::vector<std::string>& fallbacks) {
  const PlaceLevel level = resolve(topology, asked, fallbacks);
  const std::map<int, int> owner = owners(topology.objects(level.level, level.depth));
  std::map<std::pair<Level, int>, std::size_t> place_of_object;
  std::vector<CpuSet> places;
  std::map<Level, CpuSet> fell_back;
  for (const int cpu : topology.pus()) {
    if (!available.contains(cpu)) continue;
    std::pair<Level, int> object;
    if (const auto found = owner.find(cpu); found != owner.end()) {
      object = {level.level, found->second};
    } else {
      const Fallback fallback = enclosing(topology, level, cpu);
      object = {fallback.level, fallback.index};
      fell_back[fallback.level].insert(cpu);
    }
    const auto [at, is_new] = place_of_object.try_emplace(object, places.size());
    if (is_new) places.emplace_back();
    places[at->second].insert(cpu);
  }
  for (const auto& [used, cpus] : fell_back) {
    const bool everywhere = cpus == available;
    fallbacks.push_back(level_text(level) + " -> " + level_name(used) + ": " +
                        (everywhere ? "this machine shows no " + level_text(level)
                                    : "no " + level_text(level) + " holds CPUs " + cpus.text()));
  }
  return places;
}

}  // namespace convoy
