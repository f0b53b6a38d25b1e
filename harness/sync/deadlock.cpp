#include "harness/sync/deadlock.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <map>

namespace convoy {
namespace {

constexpr std::size_t kMostTold = 16;  // workers, in a message

StandingWait wait_of(const WaitSlot& slot) {
  return StandingWait::of(slot.wait.load(std::memory_order_relaxed));
}

int owner_of(const ObjectSlot& object) {
  const std::uint32_t owner = object.owner.load(std::memory_order_relaxed);
  return static_cast<int>(owner & ~ObjectSlot::kContended) - 1;
}

// What the table knows that a worker holds, without what others have released for it.
std::vector<int> held_by(const WaitTable& table, int worker) {
  const WaitSlot& slot = table.slot(worker);
  std::vector<int> held;
  const std::size_t count =
      std::min<std::size_t>(slot.held_count.load(std::memory_order_relaxed), kMostHeld);
  for (std::size_t i = 0; i < count; ++i) {
    const int index = slot.held[i].load(std::memory_order_relaxed);
    if (index >= table.objects()) continue;
    const ObjectSlot& object = table.object(index);
    if (object.freed_by != FreedBy::owner || owner_of(object) == worker) held.push_back(index);
  }
  return held;
}

// Who can end waits for an object without a limit; nobody where it cannot be said. `waits`: of all
// workers.
std::vector<int> who_frees(const WaitTable& table, const ObjectSlot& object,
                           const std::vector<StandingWait>& waits) {
  std::vector<int> freed_by;
  if (object.signalled.load(std::memory_order_relaxed)) return freed_by;
  if (object.freed_by == FreedBy::owner) {
    if (const int owner = owner_of(object); owner >= 0) freed_by.push_back(owner);
    return freed_by;  // where it is free it is soon taken
  }
  if (object.freed_by == FreedBy::anybody) return freed_by;
  for (int worker = 0; worker < table.workers(); ++worker) {
    if (object.freed_by == FreedBy::all) {
      if (waits[static_cast<std::size_t>(worker)].object != object.index)
        freed_by.push_back(worker);
      continue;
    }
    const std::vector<int> held = held_by(table, worker);
    if (std::find(held.begin(), held.end(), object.index) != held.end()) freed_by.push_back(worker);
  }
  return freed_by;
}

std::string names_of(const WaitTable& table, const std::vector<int>& objects) {
  std::vector<std::string> names;
  for (const int index : objects) names.push_back(fmt::format("'{}'", table.object(index).text()));
  return fmt::format("{}", fmt::join(names, " and "));
}

}  // namespace

std::vector<DeadlockFinder::Stuck> DeadlockFinder::find() const {
  std::vector<StandingWait> waits;
  for (int worker = 0; worker < table_.workers(); ++worker)
    waits.push_back(wait_of(table_.slot(worker)));
  std::map<int, std::vector<int>> freed_by;  // by object, of those that are waited for
  std::map<int, Stuck> waiting;
  for (int worker = 0; worker < table_.workers(); ++worker) {
    const StandingWait& wait = waits[static_cast<std::size_t>(worker)];
    if (wait.timed || wait.object < 0 || wait.object >= table_.objects()) continue;
    const auto [who, unknown] = freed_by.try_emplace(wait.object);
    if (unknown) who->second = who_frees(table_, table_.object(wait.object), waits);
    if (!who->second.empty()) waiting.emplace(worker, Stuck{worker, wait, who->second});
  }
  const auto never_frees = [&](int worker) {
    return waiting.contains(worker) || table_.slot(worker).done.load(std::memory_order_relaxed);
  };
  // Takes out who can still be freed, until nobody is left who can: one of all is enough to keep a
  // barrier shut, and one of the holders to free a semaphore.
  for (bool changed = true; changed;) {
    const std::size_t before = waiting.size();
    std::erase_if(waiting, [&](const auto& entry) {
      const auto& [worker, stuck] = entry;
      const bool all = table_.object(stuck.wait.object).freed_by == FreedBy::all;
      return all ? std::none_of(stuck.freed_by.begin(), stuck.freed_by.end(), never_frees)
                 : !std::all_of(stuck.freed_by.begin(), stuck.freed_by.end(), never_frees);
    });
    changed = waiting.size() != before;
  }
  std::vector<Stuck> stuck;
  for (auto& [worker, each] : waiting) {
    std::erase_if(each.freed_by, [&](int other) { return !never_frees(other); });
    stuck.push_back(std::move(each));
  }
  return stuck;
}

// Follows who waits for whom from the first until somebody comes again: that circle, or the way to
// somebody who is done.
std::string DeadlockFinder::describe(const std::vector<Stuck>& stuck) const {
  if (stuck.empty()) return {};
  const auto find_stuck = [&](int worker) {
    return std::find_if(stuck.begin(), stuck.end(),
                        [&](const Stuck& each) { return each.worker == worker; });
  };
  std::vector<int> way;
  int worker = stuck.front().worker;
  for (auto at = find_stuck(worker); at != stuck.end(); at = find_stuck(worker)) {
    if (const auto again = std::find(way.begin(), way.end(), worker); again != way.end()) {
      way.erase(way.begin(), again);
      break;
    }
    way.push_back(worker);
    worker = at->freed_by.front();
  }
  std::vector<std::string> parts;
  for (const int each : way) {
    if (parts.size() == kMostTold) break;
    const std::vector<int> held = held_by(table_, each);
    parts.push_back(fmt::format("worker {} {}waits for '{}'", each,
                                held.empty() ? "" : "holds " + names_of(table_, held) + " and ",
                                table_.object(find_stuck(each)->wait.object).text()));
  }
  if (way.size() > parts.size())
    parts.push_back(fmt::format("{} workers more", way.size() - parts.size()));
  if (find_stuck(worker) == stuck.end())
    parts.push_back(fmt::format("worker {} is done with its round", worker));
  return fmt::format("deadlock: {}", fmt::join(parts, "; "));
}

std::string DeadlockFinder::look() {
  std::vector<Stuck> now_stuck = find();
  std::vector<Stuck> both;
  for (const Stuck& each : now_stuck)
    if (std::any_of(last_.begin(), last_.end(), [&](const Stuck& before) {
          return before.worker == each.worker && before.wait.word() == each.wait.word() &&
                 before.freed_by == each.freed_by;
        }))
      both.push_back(each);
  // All of it has to have stood still: what some wait for may have moved meanwhile.
  const bool still = !now_stuck.empty() && both.size() == now_stuck.size();
  last_ = std::move(now_stuck);
  return still ? describe(both) : std::string();
}

std::string describe_deadlock(const WaitTable& table) {
  DeadlockFinder finder(table);
  finder.look();
  return finder.look();
}

std::string describe_waits(const WaitTable& table, nanoseconds time) {
  std::vector<std::string> parts;
  std::size_t more = 0;
  for (int worker = 0; worker < table.workers(); ++worker) {
    const WaitSlot& slot = table.slot(worker);
    const StandingWait wait = wait_of(slot);
    const std::vector<int> held = held_by(table, worker);
    const bool waits = wait.object >= 0 && wait.object < table.objects();
    if (!waits && held.empty()) continue;
    if (parts.size() == kMostTold) {
      ++more;
      continue;
    }
    std::vector<std::string> does;
    if (!held.empty()) does.push_back("holds " + names_of(table, held));
    if (waits) {
      const ObjectSlot& object = table.object(wait.object);
      const nanoseconds since(slot.since_ns.load(std::memory_order_relaxed));
      does.push_back(fmt::format("has waited for '{}' ({}) for {}", object.text(),
                                 object.kind.data(), rounded(time - since)));
    }
    parts.push_back(fmt::format("worker {} {}", worker, fmt::join(does, " and ")));
  }
  if (more > 0) parts.push_back(fmt::format("{} workers more", more));
  return fmt::format("{}", fmt::join(parts, "; "));
}

std::string describe_kept(const WaitTable& table) {
  for (int index = 0; index < table.objects(); ++index) {
    const ObjectSlot& object = table.object(index);
    if (object.freed_by != FreedBy::owner || owner_of(object) < 0 ||
        object.signalled.load(std::memory_order_relaxed))
      continue;
    return fmt::format("worker {} ended its round with '{}' ({}) held: release what is taken",
                       owner_of(object), object.text(), object.kind.data());
  }
  return {};
}

std::vector<std::string> describe_order_cycles(const WaitTable& table) {
  const int count = table.objects();
  const auto ordered = [&](int held, int taken) {
    return !table.object(held).signalled.load(std::memory_order_relaxed) &&
                   !table.object(taken).signalled.load(std::memory_order_relaxed)
               ? table.ordered_by(held, taken)
               : -1;
  };
  std::vector<std::string> cycles;
  // Of each cycle the shortest way back to its lowest lock, by breadth first.
  for (int start = 0; start < count; ++start) {
    std::vector<int> from(static_cast<std::size_t>(count), -1);
    std::vector<int> reached{start};
    int last = -1;
    for (std::size_t i = 0; i < reached.size() && last < 0; ++i) {
      for (int next = start; next < count && last < 0; ++next) {
        if (reached[i] == next && next != start) continue;
        if (ordered(reached[i], next) < 0 || (reached[i] == start && next == start)) continue;
        if (next == start) last = reached[i];
        else if (from[static_cast<std::size_t>(next)] < 0) {
          from[static_cast<std::size_t>(next)] = reached[i];
          reached.push_back(next);
        }
      }
    }
    if (last < 0) continue;
    std::vector<int> way{start};
    for (int at = last; at != start; at = from[static_cast<std::size_t>(at)])
      way.insert(way.begin() + 1, at);
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < way.size(); ++i) {
      const int next = way[(i + 1) % way.size()];
      parts.push_back(fmt::format("'{}' before '{}' in worker {}", table.object(way[i]).text(),
                                  table.object(next).text(), table.ordered_by(way[i], next)));
    }
    cycles.push_back(fmt::format("{}: they can deadlock", fmt::join(parts, ", ")));
  }
  return cycles;
}

}  // namespace convoy
