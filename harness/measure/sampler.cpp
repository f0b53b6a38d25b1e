// lint: long because a sample is read from its plan to its end
#include "harness/measure/sampler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <random>
#include <set>

#include "harness/base/check.hpp"
#include "harness/base/interruption.hpp"
#include "harness/measure/calibration.hpp"

namespace convoy {
namespace {

// The end of a crew, of which each seat's takes the kernel some time.
nanoseconds stop_limit(const CrewPlan& plan) {
  return std::chrono::seconds(10) + std::chrono::milliseconds(10) * plan.seats();
}

bool disjoint(const std::vector<CpuSet>& sets) {
  CpuSet seen;
  for (const CpuSet& set : sets) {
    if (set.empty() || seen.intersects(set)) return false;
    seen = seen | set;
  }
  return true;
}

// Where the peer goes: the first seat's CPUs, or CPUs nobody sits on, or at least not the first
// seat's.
CpuSet peer_cpus(PeerPlace place, const PlacementPlan& plan) {
  if (place == PeerPlace::none || place == PeerPlace::external || !plan.bound.front()) return {};
  if (place == PeerPlace::same) return plan.seats.front();
  CpuSet free = plan.available;
  for (const CpuSet& seat : plan.seats) free = free - seat;
  if (free.empty()) free = plan.available - plan.seats.front();
  if (free.empty())
    throw UsageError(
        "--peer other: the workers use every CPU; write --peer same, or --within fewer CPUs");
  return CpuSet{free.first()};
}

// The first of the seats on each CPU; empty where no seat is bound.
std::vector<bool> one_a_cpu(const std::vector<CpuSet>& seats) {
  std::vector<bool> chosen;
  CpuSet seen;
  for (const CpuSet& seat : seats) {
    chosen.push_back(!seat.empty() && !seen.intersects(seat));
    seen = seen | seat;
  }
  return seen.empty() ? std::vector<bool>{} : chosen;
}

std::string first_reason(const std::vector<SeatPinning>& seats) {
  for (const SeatPinning& seat : seats)
    if (!seat.pinned) return seat.reason;
  return {};
}

}  // namespace

std::uint64_t total_checksum(const std::vector<std::uint64_t>& checksums) {
  std::uint64_t sum = 0;
  for (const std::uint64_t checksum : checksums) sum += checksum;
  return sum;
}

static Setup setup_of(const Case& benchmark) {
  Setup setup(*benchmark.workload, benchmark.arguments, benchmark.workers);
  setup.set_target(benchmark.target);
  return setup;
}

// Without its seats' CPUs.
static CrewPlan plan_of(const Case& benchmark) {
  return {.model = benchmark.model,
          .setup = setup_of(benchmark),
          .gil = benchmark.gil,
          .carriers = benchmark.carriers,
          .most_interpreters = benchmark.interpreters,
          .engine = benchmark.engine,
          .fiber_stack = benchmark.fiber_stack,
          .seat_cpus = {}};
}

// What one crew runs with: its plan, and its peer if it needs one, which outlives the host.
struct Sampler::Prepared {
  std::unique_ptr<Peer> peer;
  CrewPlan crew;
};

// Without its CPUs and its limit.
static PeerPlan plan_of_peer(const Case& benchmark, std::uint64_t seed) {
  const Workload& workload = *benchmark.workload;
  const auto value = [&](const ParameterBase* parameter) {
    return benchmark.arguments[workload.parameter_index(parameter->name())];
  };
  PeerPlan plan{
      .transport = workload.peer, .stamps = workload.peer_stamps, .workers = benchmark.workers};
  if (workload.peer_delay != nullptr) plan.delay = nanoseconds(value(workload.peer_delay));
  if (workload.peer_page != nullptr) plan.page = value(workload.peer_page);
  const LoadParameters& load = workload.load;
  if (load.clients == nullptr) return plan;
  const std::int64_t each = value(load.clients);
  const std::int64_t clients = std::min<std::int64_t>(each * benchmark.workers, 1'000'000'000);
  plan.load = LoadPlan{.arrivals = {.clients = static_cast<int>(clients),
                                    .rate = value(load.rate),
                                    .poisson = value(load.arrivals) == 0,
                                    .seed = seed},
                       .bytes = value(load.bytes),
                       .session = each > 1 ? value(load.session) : 0};
  return plan;
}

// Waits for the peer as long as for a round. That it did not start is the row's failure.
static std::unique_ptr<Peer> start_peer(const PeerPlan& plan) {
  try {
    return std::make_unique<Peer>(plan);
  } catch (const std::runtime_error& error) {
    throw CrewFailure(error.what());
  }
}

// What a crew with this peer does: of a peer that died, the crew sees only that nobody answers.
template <class Work>
static auto with_peer(Peer* peer, Work work) {
  try {
    return work();
  } catch (const CrewFailure& failure) {
    if (peer == nullptr || peer->alive()) throw;
    throw CrewFailure(fmt::format("{}; {}", peer->stop(), failure.what()));
  }
}

static void stop_peer(Peer* peer) {
  const std::string trouble = peer != nullptr ? peer->stop() : "";
  if (!trouble.empty()) throw CrewFailure(trouble);
}

void Sampler::check(const Case& benchmark) const {
  const PlacementPlan placed = plan(topology_, benchmark.placement);
  if (benchmark.peer) peer_cpus(*benchmark.peer, placed);
}

Sampler::Prepared Sampler::prepare(const Case& benchmark, CaseResult& result,
                                   std::optional<nanoseconds> peer_delay) const {
  const PlacementPlan placed = plan(topology_, benchmark.placement);
  Prepared prepared{nullptr, plan_of(benchmark)};
  prepared.crew.gil_accounting = options_.gil_accounting && benchmark.gil.policy->has_lock;
  for (std::size_t i = 0; i < placed.seats.size(); ++i)
    prepared.crew.seat_cpus.push_back(placed.bound[i] && placed.is_this_system ? placed.seats[i]
                                                                               : CpuSet());
  prepared.crew.counted = options_.counted;
  prepared.crew.spin_at_start = options_.may_spin && disjoint(prepared.crew.seat_cpus);
  if (options_.yardsticks) prepared.crew.yardsticks = one_a_cpu(prepared.crew.seat_cpus);
  result.spin_at_start = prepared.crew.spin_at_start;
  result.controller_shares_pu = controller_cpus(placed).shares_pu;
  result.virtual_topology = !placed.is_this_system;
  result.notes = placed.fallbacks;
  result.notes.insert(result.notes.end(), placed.notes.begin(), placed.notes.end());
  if (!benchmark.peer || benchmark.peer == PeerPlace::external) return prepared;
  const CpuSet cpus = peer_cpus(*benchmark.peer, placed);
  PeerPlan peer = plan_of_peer(benchmark, options_.seed);
  if (peer_delay) peer.delay = *peer_delay;
  if (!cpus.empty()) peer.cpus = cpus;
  peer.start_limit = options_.round_limit;
  prepared.peer = start_peer(peer);
  prepared.crew.setup.set_peer(prepared.peer->address());
  const Pinning& bound = prepared.peer->pinning();
  result.peer_pinning =
      SeatPinning{bound.pinned, cpus, bound.read_back, bound.read_back, bound.reason};
  return prepared;
}

// One seat has nobody to switch with, so its rounds need not hold many intervals.
nanoseconds Sampler::shortest_round(const Case& benchmark) const {
  const nanoseconds interval =
      benchmark.seats() > 1 ? benchmark.gil.switch_interval() : nanoseconds(0);
  return std::max(options_.minimum_round, interval * options_.minimum_intervals);
}

nanoseconds Sampler::estimate(const std::vector<Case>& cases, int passes) const {
  // Forking, start lines and yardsticks; longer with many seats.
  constexpr nanoseconds kVisit = std::chrono::milliseconds(8);
  constexpr nanoseconds kSeat = std::chrono::microseconds(200);
  nanoseconds all{0};
  const MachineRoom room = room_of_machine();
  for (const Case& c : cases) {
    if (!room_.fits(plan_of(c), room)) continue;  // it is refused at once
    // A round is calibrated to last a little longer; an eighth of it warms up.
    const nanoseconds round = shortest_round(c) * 5 / 4;
    const nanoseconds visit = round + kVisit + kSeat * c.seats();
    all += visit * (passes + 1) + round / 2;  // first it is found out how much a round does
  }
  return all;
}

std::vector<int> compared_workers(int workers, std::uint64_t seed) {
  constexpr int kMost = 64;
  std::set<int> chosen;
  if (workers <= kMost) {
    for (int worker = 0; worker < workers; ++worker) chosen.insert(worker);
  } else {
    chosen = {0, workers - 1};
    std::mt19937_64 random(seed);
    while (chosen.size() < kMost)
      chosen.insert(static_cast<int>(random() % static_cast<std::uint64_t>(workers)));
  }
  return {chosen.begin(), chosen.end()};
}

// A worker: the fixed budget whose answer is compared, but no more than a round has.
std::uint64_t Sampler::verification_operations() const {
  const std::uint64_t most = options_.operations > 0 ? options_.operations : UINT64_MAX;
  return std::min(options_.verification_operations, most);
}

const std::vector<Sampler::WorkersAnswer>& Sampler::reference(const Case& benchmark) {
  const auto key = std::tuple(benchmark.workload->name, benchmark.arguments, benchmark.workers);
  auto known = references_.find(key);
  if (known == references_.end()) {
    Case single = benchmark.with_model(find_model("single"));
    single.gil = parse_gil("none");
    known = references_.emplace(key, find_reference(single)).first;
  }
  if (!known->second.failure.empty()) throw CrewFailure(known->second.failure);
  return known->second.answers;
}

// What a workload computes does not depend on how long it waits, so nobody does: time is virtual,
// and the peer answers at once. A failure is remembered, so that not every model waits for it to
// happen again.
Sampler::Reference Sampler::find_reference(const Case& single) const {
  try {
    CaseResult unused;
    Prepared prepared = prepare(single, unused, nanoseconds(0));
    prepared.crew.only_bodies = compared_workers(single.workers, options_.seed);
    prepared.crew.virtual_time = true;
    return with_peer(prepared.peer.get(), [&]() -> Reference {
      Host host(prepared.crew);
      const RoundReport round = host.run_round(verification_operations(), options_.round_limit);
      host.stop(stop_limit(prepared.crew));
      stop_peer(prepared.peer.get());
      Reference found;
      for (const int worker : prepared.crew.only_bodies)
        found.answers.push_back({worker, round.checksums[static_cast<std::size_t>(worker)]});
      return found;
    });
  } catch (const CrewFailure& failure) {
    if (pending_interruption() != 0) throw;
    return {{},
            fmt::format("no answer to compare with, because {} fails under `single` with as many "
                        "workers ({})",
                        single.workload->name, failure.what())};
  }
}

void Sampler::verify(const Case& benchmark, const RoundReport& round, CaseResult& result) {
  const Workload& workload = *benchmark.workload;
  if (workload.answer == Answer::none || benchmark.model->runtime) return;
  if (workload.answer == Answer::own) {
    const std::string wrong = workload.own_check(round.checksums);
    if (!wrong.empty()) throw CrewFailure("wrong answer: " + wrong);
    return;
  }
  if (has_reference(benchmark))
    for (const auto& [worker, expected] : reference(benchmark))
      if (const std::uint64_t own = round.checksums[static_cast<std::size_t>(worker)];
          own != expected)
        throw CrewFailure(fmt::format(
            "wrong answer: checksum {:016x} of worker {}, while `single` gives {:016x}; this is a "
            "defect of the workload or of the model",
            own, worker, expected));
  const std::uint64_t checksum = total_checksum(round.checksums);
  if (result.checksum && checksum != *result.checksum)
    throw CrewFailure(
        fmt::format("wrong answer: checksum {:016x}, after {:016x} in an earlier pass", checksum,
                    *result.checksum));
  result.checksum = checksum;
}

void Sampler::calibrate_for(const Case& benchmark, CaseResult& result) {
  if ((result.budget = options_.operations) > 0) return;
  visit(benchmark, result, {}, [&](const Ready& crew) {
    return crew.host.run_round(verification_operations(), options_.round_limit);
  });
}

void Sampler::take(const Case& benchmark, CaseResult& result, int pass) {
  const bool calibrates = result.budget == 0;
  RoundReport round;
  Sample sample;
  nanoseconds evidence{0};  // the time to gather it
  const Life life = visit(benchmark, result, {}, [&](const Ready& crew) {
    const nanoseconds began = now();
    nanoseconds took{0};
    round = measure(crew, result.budget, sample, took);
    evidence = now() - began - took;
    return round;
  });
  sample.memory = life.memory;
  weigh_workers(benchmark, sample);
  if (!calibrates) sample.turnround = life.whole - life.working - evidence - round.wall;
  sample.pass = pass;
  sample.wall = round.wall;
  sample.start_skew = round.start_skew;
  sample.operations = round.operations;
  sample.lost = round.lost;
  sample.figures = round.figures;
  sample.matrix = round.matrix;
  for (std::size_t i = 0; i < round.seats.size(); ++i) sample.seats.push_back(counts_of(round, i));
  sample.gil = summarise(round.gil);
  result.latency.merge(round.latency);
  result.samples.push_back(std::move(sample));
}

Sampler::Life Sampler::visit(const Case& benchmark, CaseResult& result,
                             const std::function<void(CrewPlan&)>& adjust,
                             const std::function<RoundReport(const Ready&)>& work) {
  if (has_reference(benchmark)) reference(benchmark);
  // Before the peer and its channels are there.
  room_.check(plan_of(benchmark), room_of_machine());
  Prepared prepared = prepare(benchmark, result);
  if (adjust) adjust(prepared.crew);
  return with_peer(prepared.peer.get(), [&] { return live(prepared, benchmark, result, work); });
}

Sampler::Life Sampler::live(Prepared& prepared, const Case& benchmark, CaseResult& result,
                            const std::function<RoundReport(const Ready&)>& work) {
  const nanoseconds begin = now();
  Host host(prepared.crew);
  const RoundReport verification = host.run_round(verification_operations(), options_.round_limit);
  Life life;
  life.working = verification.wall;
  verify(benchmark, verification, result);
  if (result.budget == 0) result.budget = options_.operations;
  if (result.budget == 0) {
    result.budget = calibrate({verification_operations(), verification.wall},
                              shortest_round(benchmark), [&](std::uint64_t operations) {
                                return host.run_round(operations, options_.round_limit).wall;
                              });
  } else {
    life.working +=
        host.run_round(std::max(verification_operations(), result.budget / 8), options_.round_limit)
            .wall;
  }
  const RoundReport last = work({host, prepared.crew, prepared.peer.get()});
  const nanoseconds looked = now();
  life.memory = host.memory();
  room_.learn(prepared.crew, life.memory);
  life.working += now() - looked;  // no part of what its coming and going costs
  if (std::vector<std::string> warnings = host.order_warnings(); !warnings.empty())
    result.order_warnings = std::move(warnings);
  host.stop(stop_limit(prepared.crew));
  life.whole = now() - begin;
  stop_peer(prepared.peer.get());
  result.pinning = last.pinning;
  result.frame_bytes = last.frame_bytes;
  result.engine = last.engine;
  result.file_io = last.file_io;
  result.notes.insert(result.notes.end(), last.notes.begin(), last.notes.end());
  if (const std::string reason = first_reason(last.pinning); !reason.empty()) {
    result.pinned = false;
    result.pinned_reason = reason;
  }
  return life;
}

}  // namespace convoy
