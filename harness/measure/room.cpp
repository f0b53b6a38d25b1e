#include "harness/measure/room.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

#include "harness/machine/pseudo_files.hpp"
#include "harness/work/workload.hpp"

namespace convoy {
namespace {

// Where nothing was measured yet, in bytes: what the kernel and the C library keep of each (Linux
// 6.1, x86-64: a thread's kernel stack of 16 KiB, its task and the pages of its own stack that it
// touches; the page tables of a process and its copies of pages that it writes to).
constexpr double kThread = 40e3, kProcess = 300e3, kBody = 400;

std::string key_of(const CrewPlan& plan) {
  return plan.setup.workload().name + "/" + plan.model->name;
}

std::string amount(double bytes) {
  return bytes < 1e9 ? fmt::format("{:.0f} MB", bytes / 1e6)
                     : fmt::format("{:.1f} GB", bytes / 1e9);
}

}  // namespace

MachineRoom room_of_machine() {
  MachineRoom room;
  room.memory_bytes = memory_left();
  const auto limit_by = [&](std::optional<std::int64_t> threads, const std::string& what) {
    if (!threads || (room.threads && *room.threads <= *threads)) return;
    room.threads = threads;
    room.threads_limit = what;
  };
  const auto pids = number_in("/proc/sys/kernel/pid_max");
  if (pids) limit_by(*pids, fmt::format("kernel.pid_max is {}", *pids));
  const auto threads = number_in("/proc/sys/kernel/threads-max");
  if (threads) limit_by(*threads, fmt::format("kernel.threads-max is {}", *threads));
  rlimit own{};
  // The kernel holds nobody to it who may raise it.
  if (::geteuid() != 0 && ::getrlimit(RLIMIT_NPROC, &own) == 0 && own.rlim_cur != RLIM_INFINITY)
    limit_by(static_cast<std::int64_t>(own.rlim_cur), fmt::format("ulimit -u is {}", own.rlim_cur));
  return room;
}

void Room::learn(const CrewPlan& plan, const CrewMemory& memory) {
  if (!memory.pss_bytes || plan.workers() < 10) return;
  Known& known = known_[key_of(plan)];
  if (plan.workers() < known.workers) return;
  // Less than nothing where an earlier crew's was given back meanwhile.
  const std::int64_t kernel = std::max<std::int64_t>(0, memory.kernel_bytes.value_or(0));
  const auto bytes = static_cast<double>(*memory.pss_bytes + kernel);
  known = {plan.workers(), bytes / plan.workers()};
}

Room::Known Room::known(const CrewPlan& plan) const {
  const auto found = known_.find(key_of(plan));
  if (found != known_.end()) return found->second;
  const double workers = plan.workers(), seats = plan.seats(), processes = plan.interpreters();
  const double forked = plan.forked() ? processes * kProcess : 0;
  return {0, kBody + (forked + (seats - processes) * kThread) / workers};
}

void Room::check(const CrewPlan& plan, const MachineRoom& room) const {
  if (const std::string why = refusal(plan, room); !why.empty()) throw MachineRefused(why);
}

std::string Room::refusal(const CrewPlan& plan, const MachineRoom& room) const {
  const bool threads = !plan.model->looped && plan.seats() > plan.interpreters();
  const int started = plan.seats();
  if (room.threads && started >= *room.threads)
    return fmt::format(
        "{} {} at the same time are more than this machine can start: {}; use fewer workers",
        started, threads ? "threads" : "processes", room.threads_limit);
  if (!room.memory_bytes) return {};
  const Known each = known(plan);
  // What the crew shares with the controller: a slot a seat and a checksum a body.
  const double shared =
      static_cast<double>(sizeof(Slot)) * plan.seats() + 8.0 * plan.setup.bodies();
  const double needed = each.bytes_each * plan.workers() + shared;
  // Some is left to others, and to what grows while the crew runs.
  if (needed < 0.9 * static_cast<double>(*room.memory_bytes)) return {};
  const std::string how =
      each.workers > 0
          ? fmt::format("each took {:.0f} bytes when there were {}", each.bytes_each, each.workers)
          : fmt::format("estimated at {:.0f} bytes each", each.bytes_each);
  return fmt::format(
      "{} workers would need about {} of memory ({}, and {} shared), and {} are left; use fewer "
      "workers",
      plan.workers(), amount(needed), how, amount(shared),
      amount(static_cast<double>(*room.memory_bytes)));
}

}  // namespace convoy
