#include "harness/measure/session.hpp"

#include <algorithm>
#include <random>

#include "harness/base/check.hpp"
#include "harness/base/interruption.hpp"
#include "harness/measure/calibration.hpp"

namespace convoy {

Session::Session(const std::vector<Case>& cases, SessionOptions options, Take take, Clock clock,
                 Look foreign_work, Calibrate calibrate)
    : options_(options),
      take_(std::move(take)),
      clock_(std::move(clock)),
      foreign_work_(std::move(foreign_work)),
      calibrate_(std::move(calibrate)),
      results_(cases.size()),
      began_(clock_()) {
  for (std::size_t i = 0; i < cases.size(); ++i) {
    results_[i].benchmark = &cases[i];
    results_[i].sequential = options_.until_precise;
    results_[i].minimum_samples = options_.minimum_samples;
  }
}

bool Session::finished(const CaseResult& result) const {
  if (result.failure) return true;
  if (!options_.until_precise) return false;
  if (result.converged) return true;
  // What is disturbed time and again is not taken for ever.
  const auto many = static_cast<std::size_t>(2 * options_.minimum_samples);
  if (result.samples.size() < many || !result.disturbed()) return false;
  const auto precision = result.precision();
  return precision && *precision <= options_.precision;
}

// For a median of undisturbed samples.
bool Session::needs_another(const CaseResult& result) const {
  return !result.failure && result.disturbed();
}

// Where most samples are disturbed, more of them would be as well.
bool Session::may_retake() const {
  if (!options_.until_precise || pass_ >= 2 * options_.least_passes) return false;
  std::size_t samples = 0, good = 0;
  bool needed = false;
  for (const CaseResult& result : results_) {
    samples += result.samples.size();
    good += result.undisturbed();
    needed = needed || needs_another(result);
  }
  return needed && 2 * good >= samples;
}

bool Session::budget_spent() const {
  return options_.budget.count() > 0 && clock_() - began_ >= options_.budget;
}

// Drawn anew for each pass, so that drift of the machine falls on all benchmarks alike. Passes
// beyond the least ones may be cut short, so rows that say most come first in them.
std::vector<std::size_t> Session::order_of_pass() {
  const bool spent = pass_ > options_.least_passes && budget_spent();
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < results_.size(); ++i)
    if (!finished(results_[i]) && (!spent || needs_another(results_[i]))) order.push_back(i);
  std::mt19937_64 random(options_.seed + static_cast<std::uint64_t>(pass_) * 0x9E3779B97F4A7C15U);
  // std::shuffle may differ between libraries; this draws the same order everywhere.
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random() % i]);
  if (pass_ > options_.least_passes)
    std::stable_partition(order.begin(), order.end(),
                          [&](std::size_t i) { return results_[i].benchmark->comes_first; });
  return order;
}

// A row that stops when it is precise may do so at certain numbers of samples only, since each look
// spends some of its error.
void Session::judge(CaseResult& result, bool at_the_end) const {
  const std::vector<double> times = result.real_times_ns();
  if (result.failure || static_cast<int>(times.size()) < options_.minimum_samples) return;
  if (result.sequential && !at_the_end && !is_a_look(times.size())) return;
  const auto precision = result.precision();
  result.converged = precision && *precision <= options_.precision && !result.disturbed();
}

// False when it was interrupted; a crew that was shot by the same Ctrl-C has not failed.
bool Session::attempt(CaseResult& result, const std::function<void()>& work) {
  try {
    work();
  } catch (const UsageError&) {
    throw;
  } catch (const InternalError&) {
    throw;
  } catch (const std::exception& failure) {
    if (pending_interruption() != 0) return false;
    result.failure = failure.what();
    result.failed_pass = std::max(0, pass_ - 1);
    if (const auto* crew = dynamic_cast<const CrewFailure*>(&failure))
      result.stacks = crew->stacks();
    result.refused = result.benchmark->workload->climbs &&
                     dynamic_cast<const MachineRefused*>(&failure) != nullptr;
  }
  return true;
}

// Before the first pass, so that all samples of a row are taken alike, and all rows of a workload
// do as much.
void Session::calibrate_all(const SessionEvents& events) {
  auto order = order_of_pass();
  // From few workers to many: what few took says whether there is room for many.
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return results_[a].benchmark->workers < results_[b].benchmark->workers;
  });
  in_pass_ = order.size();
  for (const std::size_t index : order) {
    CaseResult& result = results_[index];
    events.before_sample(result);
    if (!attempt(result, [&] { calibrate_(*result.benchmark, result); })) break;
    ++done_in_pass_;
    if (result.failure) events.after_sample(result);
    if (pending_interruption() != 0) break;
  }
  look_for_foreign_work(true);
  share_budgets(results_);
}

bool Session::take_one(CaseResult& result, const SessionEvents& events) {
  events.before_sample(result);
  const bool went_on = attempt(result, [&] {
    take_(*result.benchmark, result, pass_ - 1);
    in_window_.push_back(static_cast<std::size_t>(&result - results_.data()));
  });
  if (!went_on) return false;
  look_for_foreign_work(false);
  ++done_in_pass_;
  events.after_sample(result);
  return pending_interruption() == 0;
}

void Session::look_for_foreign_work(bool must_end) {
  const std::optional<bool> disturbed =
      foreign_work_ ? foreign_work_(must_end) : std::optional(false);
  if (!disturbed) return;
  // A server of others works for the rows in the window, and nobody tells its work from a
  // stranger's.
  const bool served = std::any_of(in_window_.begin(), in_window_.end(), [this](std::size_t index) {
    return results_[index].benchmark->peer == PeerPlace::external;
  });
  for (const std::size_t index : in_window_) {
    CaseResult& result = results_[index];
    if (*disturbed && !served) result.samples.back().disturbed.insert(Disturbance::foreign_work);
    judge(result, false);
  }
  in_window_.clear();
}

void Session::run(const SessionEvents& events) {
  if (calibrate_ && pending_interruption() == 0) calibrate_all(events);
  while (pass_ < options_.most_passes && pending_interruption() == 0) {
    if (pass_ >= options_.least_passes && budget_spent() && !may_retake()) break;
    ++pass_;
    const auto order = order_of_pass();
    if (order.empty()) {
      --pass_;
      break;
    }
    done_in_pass_ = 0;
    in_pass_ = order.size();
    const nanoseconds pass_began = clock_();
    const bool takes_all = pass_ <= options_.least_passes || budget_spent();
    for (const std::size_t index : order) {
      if (!take_one(results_[index], events)) break;
      if (!takes_all && budget_spent()) break;
    }
    look_for_foreign_work(true);
    last_pass_ = clock_() - pass_began;
    events.after_pass();
  }
  for (CaseResult& result : results_)
    if (!result.converged) judge(result, true);
  interrupted_ = pending_interruption() != 0;
}

SessionProgress Session::progress() const {
  SessionProgress progress;
  progress.pass = pass_;
  progress.done_in_pass = done_in_pass_;
  progress.in_pass = in_pass_;
  progress.total = results_.size();
  progress.finished = static_cast<std::size_t>(std::count_if(
      results_.begin(), results_.end(), [&](const CaseResult& r) { return finished(r); }));
  progress.elapsed = clock_() - began_;
  // The first pass also calibrates and has nobody before it; then the last pass is the best guess.
  const double share =
      in_pass_ == 0 ? 0 : static_cast<double>(done_in_pass_) / static_cast<double>(in_pass_);
  const auto pass_time = last_pass_.count() > 0 ? static_cast<double>(last_pass_.count())
                         : share > 0 ? static_cast<double>(progress.elapsed.count()) / share
                                     : 0.0;
  const auto until_pass = [&](int last) {
    const double passes = std::max(0, last - pass_) + 1 - share;
    return nanoseconds(static_cast<std::int64_t>(pass_time * passes));
  };
  progress.left = until_pass(options_.least_passes);
  if (options_.budget.count() > 0) {
    const nanoseconds by_budget = options_.budget - progress.elapsed;
    progress.left = std::max(progress.left, std::min(by_budget, until_pass(options_.most_passes)));
  }
  return progress;
}

}  // namespace convoy
