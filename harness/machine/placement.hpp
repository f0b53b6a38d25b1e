// Where the seats of a crew go: a request in five axes, and the plan that answers it with lists of
// CPUs.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/machine/cpu_set.hpp"
#include "harness/machine/topology.hpp"

namespace convoy {

// A level of the tree as a place: `depth` tells groups apart; `last_cache` means the largest cache
// level there is.
struct PlaceLevel {
  Level level = Level::core;
  int depth = 0;
  bool last_cache = false;
  friend bool operator==(const PlaceLevel&, const PlaceLevel&) = default;
};

// Which part of the machine: the objects of a level by logical index, or CPUs by OS index when
// there is no level.
struct Within {
  std::optional<PlaceLevel> level;
  CpuSet indexes;
};

enum class CoreKind { all, perf, eff };
enum class Smt { on, off };
enum class Width { place, pu };
enum class Overload { error, wrap, unbind };
enum class Distribution { none, close, scatter, spread, primary, list };

struct Policy {
  Distribution distribution = Distribution::close;
  std::optional<PlaceLevel> scatter_level;
  std::vector<int> list;  // for Distribution::list: numbers of places, one a seat
};

// What the user asked for; a value. The defaults are those of a run that asks for nothing; whoever
// takes a policy from the user sets `overload` to error unless the user said otherwise.
struct PlacementRequest {
  std::vector<Within> within;  // all of them hold
  CoreKind kind = CoreKind::all;
  Smt smt = Smt::on;
  PlaceLevel place;
  std::vector<CpuSet> place_list;  // explicit places; when not empty, `place` does not count
  Policy policy;
  Width width = Width::place;
  Overload overload = Overload::wrap;
  int seats = 1;
  // CPUs the kernel does not balance; read from this system when absent and the topology is this
  // system's.
  std::optional<CpuSet> isolated;
};

// The answer, by OS index. Made by the controller, carried to the seats by fork; read from
// anywhere.
struct PlacementPlan {
  std::vector<CpuSet> seats;  // of an unbound seat: where the operating system may put it
  std::vector<bool>
      bound;         // false: the seat is not to be bound (policy none, or overload with unbind)
  CpuSet allowed;    // what the process may use
  CpuSet available;  // the part of it the request leaves
  std::vector<CpuSet> places;
  std::vector<std::string>
      fallbacks;  // a level that was asked for, is missing, and what was used instead
  std::vector<std::string> notes;  // whatever else a reader of the result must know, in sentences
  bool overloaded = false;         // more seats than places
  bool is_this_system = false;     // false: the plan can be shown but not carried out
  std::string label;               // "core.close", as in benchmark names
};

// Each throws UsageError for a word it does not know, naming those it does.
Within parse_within(std::string_view text);  // package:0  numa:0-1  cpus:0-3
CoreKind parse_kind(std::string_view text);  // all perf eff
Smt parse_smt(std::string_view text);        // on off
Policy parse_policy(std::string_view text);  // none close scatter[:level] spread primary list:0,2
Width parse_width(std::string_view text);    // place pu
Overload parse_overload(std::string_view text);  // error wrap unbind
// A level, an OpenMP word, "group:N", or explicit places "0-1:2-3" or "{0,1},{2,3}"; sets place or
// place_list.
void parse_place(std::string_view text, PlacementRequest& request);
PlaceLevel parse_level(std::string_view text);

std::string level_text(const PlaceLevel& level);
std::string policy_text(const Policy& policy);
std::string place_text(const PlacementRequest& request);
std::string placement_label(const PlacementRequest& request);  // "core.close"

// Decides where each seat goes. Pure: the same topology and request give the same plan. Throws
// UsageError when nothing is available or, under Overload::error, when there are more seats than
// places.
PlacementPlan plan(const Topology& topology, const PlacementRequest& request);

// The allowed PUs, narrowed by --within, --kind and --smt in this order. Throws UsageError when
// none is left, listing the set after each step.
CpuSet available_cpus(const Topology& topology, const PlacementRequest& request);

// The available PUs cut into places of a level, in logical order; PUs that no object of the level
// covers go to the nearest level that encloses them, and `fallbacks` says so.
std::vector<CpuSet> places_of(const Topology& topology, const CpuSet& available,
                              const PlaceLevel& level, std::vector<std::string>& fallbacks);

// Where the controller goes: the allowed CPUs without a seat, or, when there are none, all of them.
struct ControllerCpus {
  CpuSet cpus;
  bool shares_pu = false;
};
ControllerCpus controller_cpus(const PlacementPlan& plan);

// What Topology::drawing writes behind the PUs: "worker 0, worker 3".
std::map<int, std::string> worker_marks(const PlacementPlan& plan);

}  // namespace convoy
