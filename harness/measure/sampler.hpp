// Takes one sample: plans the seats, forks the crew, checks its answer, and measures one round.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "harness/machine/topology.hpp"
#include "harness/machine/yardstick.hpp"
#include "harness/measure/room.hpp"
#include "harness/measure/sample.hpp"
#include "harness/peer/peer.hpp"

namespace convoy {

struct SamplerOptions {
  nanoseconds minimum_round = std::chrono::milliseconds(50);
  int minimum_intervals = 20;  // of a lock that has a switch interval
  nanoseconds round_limit = std::chrono::seconds(60);
  std::uint64_t verification_operations = 4;  // a worker: the fixed budget whose answer is compared
  std::uint64_t operations = 0;  // a worker in every round; 0: as many as make it long enough
  bool gil_accounting = true;
  bool yardsticks = true;  // laid before and after a measured round where seats are bound
  std::optional<PerfEvents> counted{};  // see CrewPlan
  bool may_spin = true;    // at the start line, if every seat has a CPU; not while spins count
  std::uint64_t seed = 1;  // which workers' answers are compared, where they are many
};

// Owned and called by the controller alone, which sleeps while crews run.
class Sampler {
 public:
  Sampler(const Topology& topology, SamplerOptions options)
      : topology_(topology), options_(options) {}

  // Throws UsageError if the seats or the peer cannot be placed. Cheap: for before a run.
  void check(const Case& benchmark) const;
  // How long so many passes over these benchmarks take, as far as that can be known before: rounds
  // of their shortest length, with warming up, calibration and each crew's coming and going.
  nanoseconds estimate(const std::vector<Case>& cases, int passes) const;
  // Finds out how much a round does: the budget of `result`. Without it the first take() does.
  // Throws as take() does.
  void calibrate_for(const Case& benchmark, CaseResult& result);
  // Runs the benchmark once in a fresh host and adds a sample to `result`. Throws CrewFailure when
  // the crew fails or answers wrongly, UsageError when the placement is impossible,
  // std::system_error when the machine refuses.
  void take(const Case& benchmark, CaseResult& result, int pass);
  // What became of a host: how long it was there, for how long it worked before `work` began, and
  // how much memory its crew had.
  struct Life {
    nanoseconds whole{0}, working{0};
    CrewMemory memory;
  };
  // A crew that is ready to work, and its peer if it has one.
  struct Ready {
    Host& host;
    const CrewPlan& plan;
    const Peer* peer;
  };
  // Readies a crew as for a sample, its answer verified and its budget in `result`, and hands it to
  // `work`, whose last round describes the crew; `adjust`, if any, changes the plan first. Throws
  // as take() does.
  Life visit(const Case& benchmark, CaseResult& result,
             const std::function<void(CrewPlan&)>& adjust,
             const std::function<RoundReport(const Ready&)>& work);

 private:
  struct Prepared;
  // `peer_delay`: instead of the workload's.
  Prepared prepare(const Case& benchmark, CaseResult& result,
                   std::optional<nanoseconds> peer_delay = {}) const;
  Life live(Prepared& prepared, const Case& benchmark, CaseResult& result,
            const std::function<RoundReport(const Ready&)>& work);
  // Runs the measured round; `took` becomes how long that took, its start included.
  RoundReport measure(const Ready& crew, std::uint64_t budget, Sample& sample, nanoseconds& took);
  std::optional<double> slowest(const CrewPlan& plan, const std::vector<nanoseconds>& took);
  nanoseconds shortest_round(const Case& benchmark) const;
  void verify(const Case& benchmark, const RoundReport& round, CaseResult& result);
  // What a worker answered.
  struct WorkersAnswer {
    int worker;
    std::uint64_t checksum;
  };
  const std::vector<WorkersAnswer>& reference(const Case& benchmark);
  std::uint64_t verification_operations() const;
  CrewMemory crew_of_one(const Case& benchmark);
  void weigh_workers(const Case& benchmark, Sample& sample);

  const Topology& topology_;
  SamplerOptions options_;
  Yardsticks yardsticks_;
  Room room_;
  // What a crew of one takes, by its name: of workloads whose workers are weighed.
  std::map<std::string, CrewMemory> crews_of_one_;
  // The answers of `single`, of some workers where they are many; or why there are none.
  struct Reference {
    std::vector<WorkersAnswer> answers;
    std::string failure;
  };
  Reference find_reference(const Case& single) const;
  // By workload, arguments and workers; computed once, for better or worse.
  std::map<std::tuple<std::string, std::vector<std::int64_t>, int>, Reference> references_;
};

// Whose answers are compared: all of so many workers, or the first, the last and 62 others that the
// seed draws; in rising order.
std::vector<int> compared_workers(int workers, std::uint64_t seed);

// The checksum of a crew: its workers' checksums, added modulo 2^64.
std::uint64_t total_checksum(const std::vector<std::uint64_t>& checksums);

}  // namespace convoy
