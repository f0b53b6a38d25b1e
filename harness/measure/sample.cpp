#include "harness/measure/sample.hpp"

#include <algorithm>
#include <cmath>

namespace convoy {

double Sample::real_time_ns() const {
  return static_cast<double>(wall.count()) / static_cast<double>(operations);
}

double Sample::cpu_time_ns() const {
  return static_cast<double>(totals().cpu_ns) / static_cast<double>(operations);
}

SeatCounts counts_of(const RoundReport& round, std::size_t seat) {
  const SeatReport& report = round.seats[seat];
  return {report, round.waits[seat], report, round.gil[seat], report.hardware};
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

std::optional<double> CaseResult::peer_cpu_share() const {
  const bool all = disturbed();
  std::vector<double> shares;
  for (const Sample& sample : samples)
    if (sample.peer_cpu_share && (all || sample.disturbed.empty()))
      shares.push_back(*sample.peer_cpu_share);
  return shares.empty() ? std::nullopt : std::optional(median(shares));
}

std::optional<Interval> CaseResult::interval_ns() const {
  return sequential ? sequential_interval(real_times_ns()) : median_interval(real_times_ns());
}

std::optional<double> CaseResult::precision() const {
  const auto interval = interval_ns();
  if (!interval) return std::nullopt;
  return (interval->high - interval->low) / 2 / median_ns();
}

}  // namespace convoy
