#include "harness/machine/placement.hpp"

#include <algorithm>
#include <numeric>

#include "harness/base/check.hpp"

namespace convoy {
namespace {

std::vector<CpuSet> explicit_places(const PlacementRequest& request, const CpuSet& available,
                                    std::vector<std::string>& notes) {
  std::vector<CpuSet> places;
  for (const CpuSet& asked : request.place_list) {
    const CpuSet place = asked & available;
    if (place != asked) {
      notes.push_back("the place " + asked.text() + " keeps " +
                      (place.empty() ? "none" : place.text()) + " of its CPUs: the available ones");
    }
    if (!place.empty()) places.push_back(place);
  }
  if (places.empty()) {
    throw UsageError("none of the places " + place_text(request) +
                     " holds an available CPU (available: " + available.text() +
                     "); name places inside them or widen --within");
  }
  return places;
}

// For each place the number of the parent it lies in; empty when some place lies in several of
// them.
std::vector<int> parents_of(const std::vector<CpuSet>& places, const std::vector<CpuSet>& parents) {
  std::vector<int> result;
  for (const CpuSet& place : places) {
    const auto parent = std::find_if(parents.begin(), parents.end(),
                                     [&](const CpuSet& set) { return set.contains(place); });
    if (parent == parents.end()) return {};
    result.push_back(static_cast<int>(parent - parents.begin()));
  }
  return result;
}

// Without a level of its own, scatter goes over the coarsest level that has several objects here
// and does not cut a place in two.
std::vector<int> scatter_parents(const Topology& topology, const PlacementRequest& request,
                                 PlacementPlan& plan) {
  std::vector<std::string> ignored;
  if (const auto& level = request.policy.scatter_level) {
    const auto parents = places_of(topology, plan.available, *level, plan.fallbacks);
    const std::vector<int> result = parents_of(plan.places, parents);
    if (!result.empty()) return result;
    throw UsageError("scatter:" + level_text(*level) +
                     " cannot order places that are larger than " + level_text(*level) +
                     " (the places are " + place_text(request) +
                     "); scatter over a coarser level, such as scatter:package");
  }
  std::vector<int> best(plan.places.size(), 0);
  std::size_t fewest = plan.places.size();
  for (const Level level : {Level::package, Level::numa, Level::l3, Level::l2, Level::core}) {
    const auto parents = places_of(topology, plan.available, {level}, ignored);
    if (parents.size() < 2 || parents.size() >= fewest) continue;
    const std::vector<int> result = parents_of(plan.places, parents);
    if (result.empty()) continue;
    best = result;
    fewest = parents.size();
  }
  return best;
}

// Places ordered by position within their parent, then by parent.
std::vector<int> scatter_order(const std::vector<int>& parents) {
  std::map<int, int> seen;
  std::vector<std::pair<int, int>> keys;
  for (const int parent : parents) keys.emplace_back(seen[parent]++, parent);
  std::vector<int> order(parents.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](int left, int right) {
    return keys[static_cast<std::size_t>(left)] < keys[static_cast<std::size_t>(right)];
  });
  return order;
}

// The place of each seat; more seats than places wrap around: in blocks for close, in turn for the
// others.
std::vector<int> distribute(const Topology& topology, const PlacementRequest& request,
                            PlacementPlan& plan) {
  const int seats = request.seats;
  const int places = static_cast<int>(plan.places.size());
  std::vector<int> result(static_cast<std::size_t>(seats), 0);
  std::vector<int> order;
  switch (request.policy.distribution) {
    case Distribution::none:
    case Distribution::primary: return result;
    case Distribution::scatter:
      order = scatter_order(scatter_parents(topology, request, plan));
      break;
    case Distribution::list: order = request.policy.list; break;
    case Distribution::close:
    case Distribution::spread:
      order.resize(static_cast<std::size_t>(places));
      std::iota(order.begin(), order.end(), 0);
  }
  const bool in_blocks = request.policy.distribution == Distribution::close && seats > places;
  const bool cut = request.policy.distribution == Distribution::spread && seats <= places;
  const int base = seats / places;
  const int extra = seats % places;
  for (int i = 0; i < seats; ++i) {
    int at = i % static_cast<int>(order.size());
    if (cut) at = static_cast<int>(static_cast<long>(i) * places / seats);
    if (in_blocks) {
      const int large = extra * (base + 1);  // seats in the blocks that have one more
      at = i < large ? i / (base + 1) : extra + (i - large) / base;
    }
    result[static_cast<std::size_t>(i)] = order[static_cast<std::size_t>(at)];
  }
  return result;
}

int slots(const PlacementRequest& request, const PlacementPlan& plan) {
  const int places = static_cast<int>(plan.places.size());
  if (request.policy.distribution != Distribution::list) return places;
  for (const int place : request.policy.list) {
    if (place < places) continue;
    throw UsageError("list: names place " + std::to_string(place) + ", and there are " +
                     std::to_string(places) + " places, counted from 0; `convoy plan` shows them");
  }
  return static_cast<int>(request.policy.list.size());
}

CpuSet isolated_for(const Topology& topology, const PlacementRequest& request) {
  if (request.isolated) return *request.isolated;
  return topology.is_this_system() ? isolated_cpus() : CpuSet();
}

// Seats that share a place take its PUs in turn when each gets only one.
void fill_seats(const Topology& topology, const PlacementRequest& request,
                const std::vector<int>& place_of_seat, PlacementPlan& plan) {
  const CpuSet isolated = isolated_for(topology, request);
  std::map<int, std::size_t> used;
  bool reduced = false;
  for (const int index : place_of_seat) {
    const CpuSet& place = plan.places[static_cast<std::size_t>(index)];
    // The kernel never moves a thread among isolated CPUs: a group bound to several would all sit
    // on the first.
    const bool is_isolated = place.size() > 1 && place.intersects(isolated);
    reduced |= is_isolated && request.width == Width::place;
    if (request.width == Width::place && !is_isolated) {
      plan.seats.push_back(place);
      continue;
    }
    std::vector<int> pus;
    std::copy_if(topology.pus().begin(), topology.pus().end(), std::back_inserter(pus),
                 [&](int cpu) { return place.contains(cpu); });
    plan.seats.push_back({pus[used[index]++ % pus.size()]});
  }
  if (reduced) {
    plan.notes.push_back("CPUs " + (isolated & plan.available).text() +
                         " are isolated and do not balance: seats there got one PU each");
  }
}

void note_kinds(const Topology& topology, PlacementPlan& plan) {
  CpuSet used;
  for (const CpuSet& seat : plan.seats) used = used | seat;
  std::string kinds;
  int count = 0;
  for (const CpuKind& kind : topology.kinds()) {
    const CpuSet cpus = kind.cpus & used;
    if (cpus.empty()) continue;
    ++count;
    kinds += (kinds.empty() ? "" : "; ") + cpus.text() + " (" + kind.description + ")";
  }
  if (count > 1) {
    plan.notes.push_back("the seats' CPUs are of " + std::to_string(count) + " kinds: " + kinds +
                         "; --kind perf or --kind eff keeps to one");
  }
}

}  // namespace

PlacementPlan plan(const Topology& topology, const PlacementRequest& request) {
  if (request.seats < 1) throw UsageError("a plan needs at least one seat; write --workers 1");
  PlacementPlan plan;
  plan.is_this_system = topology.is_this_system();
  plan.label = placement_label(request);
  plan.allowed = topology.allowed();
  plan.available = available_cpus(topology, request);
  plan.places = request.place_list.empty()
                    ? places_of(topology, plan.available, request.place, plan.fallbacks)
                    : explicit_places(request, plan.available, plan.notes);
  const bool counts = request.policy.distribution != Distribution::none &&
                      request.policy.distribution != Distribution::primary;
  const int slot_count = slots(request, plan);
  plan.overloaded = counts && request.seats > slot_count;
  if (plan.overloaded && request.overload == Overload::error) {
    std::string places;
    for (const CpuSet& place : plan.places) places += (places.empty() ? "" : " ") + place.text();
    throw UsageError(std::to_string(request.seats) + " seats and " + std::to_string(slot_count) +
                     " places (" + place_text(request) + ": " + places +
                     "; available: " + plan.available.text() + "; allowed: " + plan.allowed.text() +
                     "); use fewer workers, a finer --place, or --overload wrap or unbind");
  }
  const bool free = request.policy.distribution == Distribution::none ||
                    (plan.overloaded && request.overload == Overload::unbind);
  const std::size_t seats = static_cast<std::size_t>(request.seats);
  if (free) {
    const CpuSet balanced = plan.available - isolated_for(topology, request);
    plan.seats.assign(seats, balanced.empty() ? plan.available : balanced);
  } else {
    fill_seats(topology, request, distribute(topology, request, plan), plan);
  }
  // Unbound seats still keep to what --within and its like left.
  plan.bound.assign(seats, !free || plan.available != plan.allowed);
  note_kinds(topology, plan);
  return plan;
}

ControllerCpus controller_cpus(const PlacementPlan& plan) {
  CpuSet rest = plan.allowed;
  for (const CpuSet& seat : plan.seats) rest = rest - seat;
  if (rest.empty()) return {plan.allowed, true};
  return {rest, false};
}

std::map<int, std::string> worker_marks(const PlacementPlan& plan) {
  std::map<int, std::string> marks;
  for (std::size_t seat = 0; seat < plan.seats.size(); ++seat) {
    for (const int cpu : plan.seats[seat]) {
      std::string& mark = marks[cpu];
      mark += (mark.empty() ? "worker " : ", ") + std::to_string(seat);
    }
  }
  return marks;
}

}  // namespace convoy
