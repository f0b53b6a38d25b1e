#include "harness/machine/fitness.hpp"

#include <algorithm>
#include <cstdio>

#include "harness/machine/cpu_time.hpp"

namespace convoy {
namespace {

using std::chrono::duration;

constexpr double kLargestParallelRatio = 0.6;  // 0.5 is perfect
constexpr double kLargestLatenessMs = 1.0;
constexpr double kStealWarn = 0.001;  // share of all CPU time
constexpr double kStealUnfit = 0.02;
constexpr double kOthersWarn = 0.03;  // share of all CPU time
constexpr double kOthersUnfit = 0.1;
constexpr double kLoadWarn = 0.25;  // runnable processes a CPU, ours not yet among them

std::string number(const char* format, double value) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, format, value);
  return buffer;
}

double milliseconds_of(nanoseconds time) { return duration<double, std::milli>(time).count(); }

}  // namespace

const char* verdict_name(Verdict verdict) {
  constexpr const char* kNames[] = {"ok", "unknown", "warn", "unfit"};
  return kNames[static_cast<std::size_t>(verdict)];
}

Finding judge_parallel(const std::optional<ParallelTimes>& times) {
  Finding finding{.name = "parallel", .measured = "not measured", .advice = {}};
  if (!times) {
    finding.advice =
        "fewer than two cores are allowed here: nothing can run in parallel; allow more with "
        "taskset, or compare single-threaded benchmarks only";
    finding.verdict = Verdict::warn;
    return finding;
  }
  const double ratio = milliseconds_of(times->parallel) / milliseconds_of(times->sequential);
  finding.measured = "two spinning processes at once take " + number("%.2f", ratio) +
                     " of their time one after the other (" +
                     number("%.0f", milliseconds_of(times->parallel)) + " of " +
                     number("%.0f ms", milliseconds_of(times->sequential)) + ")";
  finding.verdict = ratio <= kLargestParallelRatio ? Verdict::ok : Verdict::unfit;
  if (finding.verdict == Verdict::unfit) {
    finding.advice =
        "two cores do not run at the same time: end other programs, or get dedicated CPUs from the "
        "virtual machine's host or a larger quota for the container";
  }
  return finding;
}

Finding judge_pinning(const std::optional<ParallelTimes>& times) {
  Finding finding{.name = "pinning", .measured = "not measured", .advice = {}};
  if (!times) return finding;
  finding.verdict = times->pinned ? Verdict::ok : Verdict::unfit;
  finding.measured = times->pinned ? "a binding reads back as set"
                                   : "a process could not be bound to a CPU it is allowed to use";
  if (!times->pinned) {
    finding.advice =
        "rows would say pinned: false; a container's seccomp profile may forbid sched_setaffinity";
  }
  return finding;
}

Finding judge_sleep(const std::vector<nanoseconds>& lateness) {
  Finding finding{.name = "timer", .measured = "not measured", .advice = {}};
  if (lateness.empty()) return finding;
  std::vector<nanoseconds> sorted = lateness;
  std::sort(sorted.begin(), sorted.end());
  const std::size_t rank = (sorted.size() * 99 + 99) / 100 - 1;
  const double p99 = milliseconds_of(sorted[rank]);
  finding.measured = "a 1 ms sleep ends " + number("%.3f ms", p99) + " late (p99 of " +
                     std::to_string(sorted.size()) + ")";
  finding.verdict = p99 <= kLargestLatenessMs ? Verdict::ok : Verdict::unfit;
  if (finding.verdict == Verdict::unfit) {
    finding.advice =
        "waits last longer than requested: end other programs; on a virtual machine "
        "the host may be overcommitted";
  }
  return finding;
}

Finding judge_steal(std::optional<std::int64_t> ticks, nanoseconds elapsed, int cpus) {
  Finding finding{.name = "steal", .measured = "the kernel does not count it", .advice = {}};
  const double seconds = duration<double>(elapsed).count();
  if (!ticks || seconds <= 0 || cpus <= 0) return finding;
  const double tick_seconds = duration<double>(cpu_time_tick()).count();
  const double share = static_cast<double>(*ticks) * tick_seconds / (seconds * cpus);
  finding.measured = number("%.2f %%", share * 100) + " of the CPU time went to other machines";
  finding.verdict = share <= kStealWarn    ? Verdict::ok
                    : share <= kStealUnfit ? Verdict::warn
                                           : Verdict::unfit;
  if (finding.verdict != Verdict::ok) {
    finding.advice =
        "the host of this virtual machine is overcommitted: use dedicated CPUs, or run when it is "
        "quieter and take more samples";
  }
  return finding;
}

Finding judge_governor(const Fact& governor) {
  Finding finding{.name = "governor", .measured = governor.reason, .advice = {}};
  if (!governor.reason.empty()) return finding;
  finding.measured = fact_text(governor.value);
  finding.verdict = finding.measured == "performance" ? Verdict::ok : Verdict::warn;
  if (finding.verdict == Verdict::warn) {
    finding.advice =
        "the frequency follows the load, so short runs start slowly: cpupower frequency-set -g "
        "performance";
  }
  return finding;
}

Finding judge_boost(const Fact& boost) {
  Finding finding{.name = "boost", .measured = boost.reason, .advice = {}};
  if (!boost.reason.empty()) return finding;
  finding.measured = fact_text(boost.value);
  finding.verdict = finding.measured == "off" ? Verdict::ok : Verdict::warn;
  if (finding.verdict == Verdict::warn) {
    finding.advice =
        "one busy core runs faster than several, which bends scaling curves: echo 1 > "
        "/sys/devices/system/cpu/intel_pstate/no_turbo, or echo 0 > "
        "/sys/devices/system/cpu/cpufreq/boost";
  }
  return finding;
}

Finding judge_hypervisor(const Fact& hypervisor) {
  Finding finding{.name = "hypervisor", .measured = hypervisor.reason, .advice = {}};
  if (!hypervisor.reason.empty()) return finding;
  finding.measured = fact_text(hypervisor.value);
  finding.verdict = finding.measured == "none" ? Verdict::ok : Verdict::warn;
  if (finding.verdict == Verdict::warn) {
    finding.advice =
        "this is a virtual machine: waking another CPU costs an exit, and hardware counters may be "
        "missing; compare ratios, not times";
  }
  return finding;
}

Finding judge_quota(const CpuQuota& quota, int available) {
  Finding finding{.name = "quota", .verdict = Verdict::ok, .measured = "no limit", .advice = {}};
  if (!quota.cpus) return finding;
  finding.measured = number("%.2f", *quota.cpus) + " CPUs of time for " +
                     std::to_string(available) + " (" + quota.source + ")";
  if (const auto warning = quota_warning(quota, available)) {
    finding.verdict = Verdict::unfit;
    finding.advice = *warning;
  }
  return finding;
}

Finding judge_topology(const Topology& topology, const Fact& hypervisor) {
  Finding finding{.name = "topology", .verdict = Verdict::ok, .measured = {}, .advice = {}};
  finding.measured = std::to_string(topology.pus().size()) + " CPUs, " +
                     std::to_string(topology.count(Level::core)) + " cores, " +
                     std::to_string(topology.count(Level::l3)) + " l3, " +
                     std::to_string(topology.count(Level::package)) + " packages";
  const bool is_virtual = hypervisor.reason.empty() && fact_text(hypervisor.value) != "none";
  if (!topology.is_this_system()) {
    finding.verdict = Verdict::unfit;
    finding.advice = "this topology is of another machine: plans can be shown but not run";
  } else if (topology.count(Level::core) == 0) {
    finding.verdict = Verdict::warn;
    finding.advice = "the machine reports no cores, so CPUs that share a core cannot be recognised";
  } else if (is_virtual) {
    finding.verdict = Verdict::warn;
    finding.advice =
        "the hypervisor invents this tree: two of its cores may be one real core; the parallel "
        "finding above is the proof";
  }
  return finding;
}

Finding judge_environment(const std::vector<std::string>& ignored) {
  Finding finding{.name = "environment", .verdict = Verdict::ok, .measured = {}, .advice = {}};
  finding.measured = "no variable changes the topology";
  if (ignored.empty()) return finding;
  finding.verdict = Verdict::warn;
  finding.measured.clear();
  for (const std::string& variable : ignored) {
    finding.measured += (finding.measured.empty() ? "ignored " : "; ") + variable;
  }
  finding.advice = "unset them; to plan for another machine, use convoy plan --topology FILE.xml";
  return finding;
}

Finding judge_load(std::optional<double> load, int cpus) {
  Finding finding{.name = "load", .measured = "the kernel does not say", .advice = {}};
  if (!load || cpus <= 0) return finding;
  finding.measured = "load average " + number("%.2f", *load) + " on " + std::to_string(cpus) +
                     (cpus == 1 ? " CPU" : " CPUs");
  finding.verdict = *load <= kLoadWarn * cpus ? Verdict::ok : Verdict::warn;
  if (finding.verdict == Verdict::warn) {
    finding.advice = "other programs are running: end them, or wait until the load falls";
  }
  return finding;
}

Finding judge_others(std::optional<double> share) {
  Finding finding{.name = "others", .measured = "the kernel does not say", .advice = {}};
  if (!share) return finding;
  finding.measured = "other programs used " + number("%.0f %%", *share * 100) + " of the CPU time";
  finding.verdict = *share <= kOthersWarn    ? Verdict::ok
                    : *share <= kOthersUnfit ? Verdict::warn
                                             : Verdict::unfit;
  if (finding.verdict != Verdict::ok) {
    finding.advice = "measurements now compete with them: end them (`top` shows which), or wait";
  }
  return finding;
}

std::vector<std::string> worst_in_words(const std::vector<Finding>& findings) {
  std::vector<std::string> words;
  std::string wary;
  for (const Finding& finding : findings) {
    if (finding.verdict == Verdict::unfit)
      words.push_back("this machine is unfit: " + finding.measured + "; " + finding.advice);
    if (finding.verdict == Verdict::warn) wary += (wary.empty() ? "" : ", ") + finding.name;
  }
  if (words.empty() && !wary.empty())
    words.push_back("take care with this machine's " + wary + ": `scripts/convoy doctor` says why");
  return words;
}

Verdict worst(const std::vector<Finding>& findings) {
  Verdict result = Verdict::ok;
  for (const Finding& finding : findings) result = std::max(result, finding.verdict);
  return result;
}

}  // namespace convoy
