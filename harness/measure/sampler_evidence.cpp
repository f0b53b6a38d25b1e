// What a measured round is surrounded by, to tell whether it was disturbed.
#include <algorithm>

#include "harness/measure/sampler.hpp"

namespace convoy {

static Histogram latency_of_clients(const Peer& peer) {
  try {
    return peer.latency_of_round(std::chrono::seconds(10));
  } catch (const std::runtime_error& error) {
    throw CrewFailure(error.what());
  }
}

// The measured round with all that tells whether it was disturbed; none of it is read while seats
// work.
RoundReport Sampler::measure(const Ready& crew, std::uint64_t budget, Sample& sample,
                             nanoseconds& took) {
  const auto cpu_of = [](pid_t pid) { return cpu_time_of(pid).value_or(nanoseconds(0)); };
  const auto before = slowest(crew.plan, crew.host.lay_yardsticks(options_.round_limit));
  const nanoseconds peer_before = crew.peer == nullptr ? nanoseconds(0) : cpu_of(crew.peer->pid());
  const nanoseconds host_before = cpu_of(crew.host.pid());
  const CpuTimes times = read_cpu_times();
  const nanoseconds began = now();
  RoundReport round = crew.host.run_round(budget, options_.round_limit, RoundKind::measured);
  took = now() - began;
  if (crew.peer != nullptr && crew.plan.setup.workload().latency == Latency::request)
    round.latency = latency_of_clients(*crew.peer);
  const CpuTimes times_after = read_cpu_times();
  RoundEvidence evidence;
  evidence.wall = round.wall;
  CpuSet cpus;
  nanoseconds seats{0};
  // They take the seats' CPUs, and how much of them nobody here knows.
  const bool others_run =
      crew.plan.setup.workload().starts_others || !crew.plan.setup.target().empty();
  for (std::size_t i = 0; i < round.seats.size(); ++i) {
    const CpuSet& seat = crew.plan.seat_cpus[i];
    const nanoseconds cpu(round.seats[i].cpu_ns);
    const auto delay = others_run ? -1 : round.seats[i].run_delay_ns;
    evidence.seats.push_back({seat, cpu, nanoseconds(delay)});
    seats += cpu;
    cpus = cpus | (seat.empty() ? topology_.allowed() : seat);
  }
  if (crew.plan.model->looped)
    evidence.helpers = std::max(cpu_of(crew.host.pid()) - host_before - seats, nanoseconds(0));
  if (crew.peer != nullptr) {
    evidence.peer = cpu_of(crew.peer->pid()) - peer_before;
    // It has one thread, and what is over 1 was used at the start line.
    sample.peer_cpu_share =
        std::min(1.0, std::chrono::duration<double>(evidence.peer) / round.wall);
    if (crew.peer->pinning().pinned) evidence.peer_cpus = crew.peer->pinning().read_back;
  }
  const CpuUse use = use_between(times, times_after, cpus);
  evidence.stolen = use.stolen;
  evidence.cpus = std::max(1, use.cpus);
  const auto after = slowest(crew.plan, crew.host.lay_yardsticks(options_.round_limit));
  sample.yardstick = before && after ? std::min(before, after) : before ? before : after;
  evidence.yardstick = sample.yardstick;
  sample.disturbed = judge(evidence);
  return round;
}

std::optional<double> Sampler::slowest(const CrewPlan& plan, const std::vector<nanoseconds>& took) {
  std::optional<double> least;
  for (std::size_t i = 0; i < took.size(); ++i) {
    if (took[i].count() <= 0) continue;
    const auto speed = yardsticks_.note(plan.seat_cpus[i], took[i]);
    if (speed && (!least || *speed < *least)) least = speed;
  }
  return least;
}

CrewMemory Sampler::crew_of_one(const Case& benchmark) {
  Case one = benchmark;
  one.workers = one.carriers = one.interpreters = 1;
  one.settle();
  const auto known = crews_of_one_.find(one.name);
  if (known != crews_of_one_.end()) return known->second;
  CaseResult unused;
  unused.budget = 1;
  const Life life = visit(one, unused, {}, [&](const Ready& crew) {
    return crew.host.run_round(1, options_.round_limit);
  });
  return crews_of_one_[one.name] = life.memory;
}

// A crew's memory less that of a crew of one, over its other workers.
void Sampler::weigh_workers(const Case& benchmark, Sample& sample) {
  // The kernel counts in batches, which among few workers is more than these take.
  constexpr int kFewest = 1000;
  if (!benchmark.workload->climbs || benchmark.workers < 2) return;
  const CrewMemory one = crew_of_one(benchmark);
  const double others = benchmark.workers - 1;
  const auto each = [&](std::optional<std::int64_t> all, std::optional<std::int64_t> of_one) {
    return all && of_one ? std::optional(static_cast<double>(*all - *of_one) / others)
                         : std::nullopt;
  };
  sample.bytes_per_worker = each(sample.memory.pss_bytes, one.pss_bytes);
  if (benchmark.workers >= kFewest)
    sample.kernel_bytes_per_worker = each(sample.memory.kernel_bytes, one.kernel_bytes);
}

}  // namespace convoy
