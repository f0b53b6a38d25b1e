// The measurements behind the findings; each lasts well under a second.
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "harness/base/check.hpp"
#include "harness/machine/cpu_time.hpp"
#include "harness/machine/fitness.hpp"
#include "harness/machine/pinning.hpp"
#include "harness/machine/placement.hpp"
#include "harness/machine/yardstick.hpp"

namespace convoy {
namespace {

using namespace std::chrono_literals;

constexpr int kNotPinned = 3;  // a child's exit status

// Steps that take about so long, from the CPU time of a short run, which other processes do not
// lengthen.
std::uint64_t steps_of_a_spin(nanoseconds wanted) {
  constexpr std::uint64_t kTrial = 1'000'000;
  const nanoseconds start = thread_cpu_time();
  spin(kTrial);
  const nanoseconds took = std::max<nanoseconds>(thread_cpu_time() - start, 1us);
  return kTrial * static_cast<std::uint64_t>(wanted / took + 1);
}

pid_t start_spinner(const CpuSet& cpus, std::uint64_t steps) {
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) throw_errno("fork", "end other processes of this user, or raise `ulimit -u`");
  if (child > 0) return child;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  ::alarm(30);
  const Pinning pinning = bind_this_thread(cpus);
  spin(steps);
  ::_exit(pinning.pinned ? 0 : kNotPinned);
}

// Waits for a spinner; false when it was not pinned or did not end by itself.
bool join_spinner(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) throw_errno("waitpid");
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

std::optional<ParallelTimes> measure_parallel(const Topology& topology, const Effort& effort) {
  PlacementRequest request;
  request.seats = 2;
  const PlacementPlan answer = plan(topology, request);
  if (answer.overloaded || !topology.is_this_system()) return {};
  const std::uint64_t steps = steps_of_a_spin(effort.spin);
  const nanoseconds deadline = now() + effort.most;
  std::optional<ParallelTimes> best;
  bool pinned = true;
  // The best round counts: a disturbance makes a round worse and never better.
  for (int round = 0; round < effort.rounds && (round == 0 || now() < deadline); ++round) {
    const nanoseconds start = now();
    for (const CpuSet& seat : answer.seats) pinned &= join_spinner(start_spinner(seat, steps));
    const nanoseconds middle = now();
    const pid_t first = start_spinner(answer.seats[0], steps);
    const pid_t second = start_spinner(answer.seats[1], steps);
    pinned &= join_spinner(first);
    pinned &= join_spinner(second);
    const ParallelTimes times{middle - start, now() - middle, pinned};
    const auto ratio = [](const ParallelTimes& of) {
      return static_cast<double>(of.parallel.count()) / static_cast<double>(of.sequential.count());
    };
    if (!best || ratio(times) < ratio(*best)) best = times;
  }
  if (best) best->pinned = pinned;
  return best;
}

std::vector<nanoseconds> measure_sleeps(int count) {
  std::vector<nanoseconds> lateness;
  lateness.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    const nanoseconds due = now() + 1ms;
    const timespec until = to_timespec(due);
    while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
    }
    lateness.push_back(now() - due);
  }
  return lateness;
}

std::vector<Finding> examine_machine(const Topology& topology, const Effort& effort) {
  const int cpus = topology.allowed().size();
  const std::optional<double> load = load_average();
  const std::optional<std::int64_t> steal_before = steal_ticks();
  const nanoseconds start = now();
  const CpuTimes times_before = read_cpu_times();
  const nanoseconds own_before = own_cpu_time();
  const auto parallel = measure_parallel(topology, effort);
  const std::vector<nanoseconds> lateness = measure_sleeps(effort.sleeps);
  const CpuUse use = use_between(times_before, read_cpu_times(), topology.allowed());
  const auto others = foreign_share(use, own_cpu_time() - own_before);
  std::optional<std::int64_t> stolen = steal_ticks();
  if (stolen && steal_before) *stolen -= *steal_before;
  const Fact hypervisor = hypervisor_fact();
  return {
      judge_parallel(parallel),
      judge_pinning(parallel),
      judge_others(others),
      judge_sleep(lateness),
      judge_steal(stolen, now() - start, cpus),
      judge_load(load, cpus),
      judge_quota(read_cpu_quota(), cpus),
      judge_governor(governor_fact()),
      judge_boost(boost_fact()),
      judge_hypervisor(hypervisor),
      judge_topology(topology, hypervisor),
      judge_environment(ignored_environment()),
  };
}

}  // namespace convoy
