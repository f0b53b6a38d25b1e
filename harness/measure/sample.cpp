#include "harness/measure/sample.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

namespace convoy {

SeatGil::SeatGil(const GilAccount& account)
    : acquisitions(account.acquisitions),
      waits(account.waits),
      hold_ns(account.hold_ns),
      wait_ns(account.wait_ns),
      longest_wait_ns(account.longest_wait_ns) {}

double Sample::real_time_ns() const {
  return static_cast<double>(wall.count()) / static_cast<double>(operations);
}

double Sample::cpu_time_ns() const {
  return static_cast<double>(total(&SeatReport::cpu).count()) / static_cast<double>(operations);
}

std::int64_t Sample::total(std::int64_t SeatWaits::* wait) const {
  std::int64_t sum = 0;
  for (const SeatSample& seat : seats) sum += seat.waits.*wait;
  return sum;
}

std::int64_t Sample::total(std::int64_t SeatReport::* count) const {
  std::int64_t sum = 0;
  for (const SeatSample& seat : seats) sum += seat.report.*count;
  return sum;
}

nanoseconds Sample::total(nanoseconds SeatReport::* time) const {
  nanoseconds sum{0};
  for (const SeatSample& seat : seats) sum += seat.report.*time;
  return sum;
}

std::optional<HardwareCounts> Sample::hardware() const {
  HardwareCounts sum{0, 0, 0, 0, 1};
  for (const SeatSample& seat : seats) {
    const HardwareCounts& counts = seat.report.hardware;
    if (counts.instructions < 0) return std::nullopt;
    sum.instructions += counts.instructions;
    sum.cycles += counts.cycles;
    sum.cache_misses += counts.cache_misses;
    sum.branch_misses += counts.branch_misses;
    sum.counted_share = std::min(sum.counted_share, counts.counted_share);
  }
  return sum;
}

std::optional<double> lost_per_million(const Workload& workload, const Sample& sample) {
  if (workload.operation_updates == 0) return std::nullopt;
  const double updates = static_cast<double>(sample.operations) * workload.operation_updates;
  return static_cast<double>(sample.lost) / updates * 1e6;
}

std::vector<std::pair<std::string, std::optional<double>>> figures_of(const Workload& workload,
                                                                      const Sample& sample) {
  const double seconds = static_cast<double>(sample.wall.count()) / 1e9;
  std::vector<std::pair<std::string, std::optional<double>>> figures;
  for (std::size_t i = 0; i < workload.figures.size(); ++i) {
    const Tally tally = i < sample.figures.size() ? sample.figures[i] : Tally{};
    auto value = tally.combined(workload.figures[i]->combine,
                                static_cast<double>(sample.operations), seconds);
    if (value && !std::isfinite(*value)) value.reset();
    figures.emplace_back(workload.figures[i]->name, value);
  }
  return figures;
}

GilSample summarise(const std::vector<GilAccount>& accounts) {
  GilSample sum;
  Histogram holds;
  double total = 0, squares = 0;
  for (const GilAccount& account : accounts) {
    sum.wait_ns += account.wait_ns;
    sum.hold_ns += account.hold_ns;
    sum.longest_wait_ns = std::max(sum.longest_wait_ns, account.longest_wait_ns);
    sum.acquisitions += account.acquisitions;
    sum.waits += account.waits;
    sum.switches += account.switches;
    sum.same_worker += account.same_worker;
    sum.voluntary_releases += account.voluntary_releases;
    sum.forced_drops += account.forced_drops;
    sum.steals += account.steals;
    sum.signals_handled += account.signals_handled;
    sum.storm_checkpoints += account.storm_checkpoints;
    sum.storm_releases += account.storm_releases;
    holds.merge(account.holds);
    const auto held = static_cast<double>(account.hold_ns);
    total += held;
    squares += held * held;
  }
  sum.hold_p50_ns = holds.quantile(0.5);
  if (squares > 0) sum.jain = total * total / (static_cast<double>(accounts.size()) * squares);
  return sum;
}

std::size_t CaseResult::undisturbed() const {
  return static_cast<std::size_t>(std::count_if(
      samples.begin(), samples.end(), [](const Sample& s) { return s.disturbed.empty(); }));
}

bool CaseResult::disturbed() const {
  const std::size_t good = undisturbed();
  return good < samples.size() && good < static_cast<std::size_t>(minimum_samples);
}

std::vector<double> CaseResult::real_times_ns() const {
  const bool all = disturbed();
  std::vector<double> times;
  for (const Sample& sample : samples)
    if (all || sample.disturbed.empty()) times.push_back(sample.real_time_ns());
  return times;
}

std::optional<Interval> CaseResult::interval_ns() const {
  return sequential ? sequential_interval(real_times_ns()) : median_interval(real_times_ns());
}

std::optional<double> CaseResult::precision() const {
  const auto interval = interval_ns();
  if (!interval) return std::nullopt;
  return (interval->high - interval->low) / 2 / median_ns();
}

// Adds a counter to a row's.
using Add = std::function<void(const char* name, double value)>;
static void add_memory(const Add& add, const CrewMemory& memory, int workers);
static void add_hardware(const Add& add, const Sample& sample);

// What the lock did.
template <class AddAny>
static void add_gil(const Sample& sample, const AddAny& add) {
  const double seconds = static_cast<double>(sample.wall.count()) / 1e9;
  add("gil_wait_ns", sample.gil.wait_ns);
  add("gil_hold_ns", sample.gil.hold_ns);
  add("gil_hold_p50_ns", sample.gil.hold_p50_ns);
  add("gil_longest_wait_ns", sample.gil.longest_wait_ns);
  add("gil_waits", sample.gil.waits);
  add("gil_steals", sample.gil.steals);
  add("gil_switches_per_second", static_cast<double>(sample.gil.switches) / seconds);
  add("gil_voluntary_releases", sample.gil.voluntary_releases);
  add("gil_forced_drops", sample.gil.forced_drops);
  add("gil_same_worker", sample.gil.same_worker);
  add("gil_jain", sample.gil.jain);
  if (sample.gil.storm_checkpoints > 0) {  // a signal came
    add("gil_signals_handled", sample.gil.signals_handled);
    add("gil_storm_checkpoints", sample.gil.storm_checkpoints);
    add("gil_storm_releases", sample.gil.storm_releases);
  }
}

std::vector<std::pair<std::string, double>> counters_of(const CaseResult& result,
                                                        const Sample& sample,
                                                        std::optional<double> overhead_ns) {
  const Case& c = *result.benchmark;
  const double seconds = static_cast<double>(sample.wall.count()) / 1e9;
  const auto operations = static_cast<double>(sample.operations);
  std::vector<std::pair<std::string, double>> counters;
  const auto add = [&](const char* name, auto value) {
    counters.emplace_back(name, static_cast<double>(value));
  };
  add("workers", c.workers);
  add("operations", sample.operations);
  add("ops_per_second", operations / seconds);
  if (c.workload->operation_bytes != nullptr) {
    const auto index = c.workload->parameter_index(c.workload->operation_bytes->name());
    add("bytes_per_second", static_cast<double>(c.arguments[index]) * operations / seconds);
  }
  if (const auto lost = lost_per_million(*c.workload, sample)) add("lost_per_million", *lost);
  if (overhead_ns) add("overhead_ns", *overhead_ns);
  add("pinned", result.pinned);
  add("converged", result.converged);
  add("disturbed", !sample.disturbed.empty());
  if (sample.yardstick) add("yardstick_min", *sample.yardstick);
  if (result.latency.count() > 0) {
    add("latency_mean_ns", result.latency.mean());
    for (const auto& [name, q] : {std::pair{"latency_p50_ns", 0.5},
                                  {"latency_p90_ns", 0.9},
                                  {"latency_p99_ns", 0.99},
                                  {"latency_p999_ns", 0.999}})
      add(name, result.latency.quantile(q));
    add("latency_max_ns", result.latency.largest());
  }
  if (c.gil.name != "none") add_gil(sample, add);
  // A seat that ran out of descriptors, say, does not know; then nobody knows the sum.
  const auto all_told = [&](const auto& told) {
    return std::all_of(sample.seats.begin(), sample.seats.end(),
                       [&](const SeatSample& seat) { return told(seat.report); });
  };
  add("cpu_ns", sample.total(&SeatReport::cpu).count());
  if (all_told([](const SeatReport& seat) { return seat.run_delay.count() >= 0; }))
    add("run_delay_ns", sample.total(&SeatReport::run_delay).count());
  add("wait_gil_ns", sample.gil.wait_ns);
  add("wait_lock_ns", sample.total(&SeatWaits::lock_ns));
  add("wait_io_ns", sample.total(&SeatWaits::io_ns));
  add("wait_sleep_ns", sample.total(&SeatWaits::sleep_ns));
  add("wait_gate_ns", sample.total(&SeatWaits::gate_ns));
  add("switches_voluntary", sample.total(&SeatReport::switches_voluntary));
  add("switches_involuntary", sample.total(&SeatReport::switches_involuntary));
  if (all_told([](const SeatReport& seat) { return seat.migrations >= 0; }))
    add("migrations", sample.total(&SeatReport::migrations));
  add("page_faults", sample.total(&SeatReport::page_faults));
  add_memory(add, sample.memory, c.workers);
  add_hardware(add, sample);
  for (const auto& [name, value] : figures_of(*c.workload, sample))
    if (value) counters.emplace_back(name, *value);
  return counters;
}

static void add_memory(const Add& add, const CrewMemory& memory, int workers) {
  if (memory.peak_rss_bytes) add("peak_rss_bytes", static_cast<double>(*memory.peak_rss_bytes));
  if (!memory.pss_bytes) return;
  const auto pss = static_cast<double>(*memory.pss_bytes);
  add("pss_bytes", pss);
  add("bytes_per_worker", pss / workers);
}

static void add_hardware(const Add& add, const Sample& sample) {
  const auto counts = sample.hardware();
  if (!counts) return;
  const auto operations = static_cast<double>(sample.operations);
  add("instructions", static_cast<double>(counts->instructions) / operations);
  add("cycles", static_cast<double>(counts->cycles) / operations);
  add("cache_misses", static_cast<double>(counts->cache_misses) / operations);
  add("branch_misses", static_cast<double>(counts->branch_misses) / operations);
  add("counted_share", counts->counted_share);
}

}  // namespace convoy
