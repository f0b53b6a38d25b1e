// Whether this machine can be believed: short measurements, and the judgement of each.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/clock.hpp"
#include "harness/machine/facts.hpp"
#include "harness/machine/quota.hpp"
#include "harness/machine/topology.hpp"

namespace convoy {

enum class Verdict { ok, unknown, warn, unfit };  // from the best to the worst

const char* verdict_name(Verdict verdict);

struct Finding {
  std::string name;
  Verdict verdict = Verdict::unknown;
  std::string measured;  // what was found, with its unit
  std::string advice;    // what to do about it; empty when there is nothing to do
};

// Each turns numbers into a finding and measures nothing.
struct ParallelTimes {
  nanoseconds sequential{};  // two processes, one after the other
  nanoseconds parallel{};    // the same two at once, each on a core of its own
  bool pinned = false;       // both were bound, and the kernel read the binding back
};
Finding judge_parallel(const std::optional<ParallelTimes>& times);
Finding judge_pinning(const std::optional<ParallelTimes>& times);
// Sorted or not: how much later than asked each 1 ms sleep ended.
Finding judge_sleep(const std::vector<nanoseconds>& lateness);
// Ticks stolen over all CPUs while `elapsed` went by.
Finding judge_steal(std::optional<std::int64_t> ticks, nanoseconds elapsed, int cpus);
// The share of the CPUs' time that other programs used meanwhile.
Finding judge_others(std::optional<double> share);
Finding judge_governor(const Fact& governor);
Finding judge_boost(const Fact& boost);
Finding judge_hypervisor(const Fact& hypervisor);
Finding judge_quota(const CpuQuota& quota, int available);
Finding judge_topology(const Topology& topology, const Fact& hypervisor);
Finding judge_environment(const std::vector<std::string>& ignored);
Finding judge_load(std::optional<double> load, int cpus);

Verdict worst(const std::vector<Finding>& findings);

// How long to look: `doctor` takes two to three seconds on an idle machine, and before a run a
// third of a second do.
struct Effort {
  nanoseconds spin = std::chrono::milliseconds(120);
  nanoseconds most = std::chrono::milliseconds(1500);  // for all rounds of spinning
  int rounds = 3;
  int sleeps = 300;
};
constexpr Effort kBeforeARun{.spin = std::chrono::milliseconds(50),
                             .most = std::chrono::milliseconds(200),
                             .rounds = 2,
                             .sleeps = 60};

// Measure, in processes of their own that are waited for; absent when fewer than two cores are
// allowed.
std::optional<ParallelTimes> measure_parallel(const Topology& topology, const Effort& effort = {});
std::vector<nanoseconds> measure_sleeps(int count);

// Measures and judges everything. Called by the controller, which must have no other thread; blocks
// until its children have ended.
std::vector<Finding> examine_machine(const Topology& topology, const Effort& effort = {});

// The worst findings in a few lines: those that make the machine unfit, each with what to do, else
// the names of those to be wary of; empty where all is well.
std::vector<std::string> worst_in_words(const std::vector<Finding>& findings);

}  // namespace convoy
