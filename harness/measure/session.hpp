// Passes over the selection in random order, until every benchmark is precise enough or the budget
// is spent.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "harness/measure/sample.hpp"

namespace convoy {

struct SessionOptions {
  double precision = 0.02;  // half the 95 % interval of the median over the median
  int minimum_samples = 6;
  bool until_precise = true;  // false: every pass takes every benchmark, however precise it is
  int least_passes = 6;       // taken even when the budget is spent, unless interrupted; 0: none
  int most_passes = 1000;
  nanoseconds budget{0};  // for the whole run; 0: none
  std::uint64_t seed = 1;
};

// What a session tells while it runs; called by the controller between samples, never during one.
struct SessionEvents {
  std::function<void(const CaseResult&)> before_sample = [](const CaseResult&) {};
  std::function<void(const CaseResult&)> after_sample = [](const CaseResult&) {};
  std::function<void()> after_pass = [] {};
};

// How a session stands, for progress lines.
struct SessionProgress {
  int pass = 0;  // from 1
  std::size_t done_in_pass = 0, in_pass = 0;
  std::size_t finished = 0, total = 0;  // converged or failed
  nanoseconds elapsed{0};
  nanoseconds left{0};  // an estimate: until the budget or the least passes end
};

// Owned by the controller. The clock and the taking of samples are the caller's, so that tests need
// neither time nor processes.
class Session {
 public:
  using Take = std::function<void(const Case&, CaseResult&, int pass)>;
  using Clock = std::function<nanoseconds()>;
  // As ForeignWork::look.
  using Look = std::function<std::optional<bool>(bool must_end)>;

  // Finds out how much a round of a benchmark does, before the first pass: the budget of its
  // result.
  using Calibrate = std::function<void(const Case&, CaseResult&)>;

  Session(const std::vector<Case>& cases, SessionOptions options, Take take, Clock clock,
          Look foreign_work = {}, Calibrate calibrate = {});

  // Returns when everything is finished, the budget is spent, or an interruption is pending. Where
  // rows stop when they are precise and some have too few undisturbed samples when the budget is
  // spent, those are taken again, in as many passes as the least ones at most. A
  // benchmark whose `take` throws is recorded as failed and left out from then on: the crew failed,
  // or the machine refused (no descriptors, no memory). A UsageError passes through.
  void run(const SessionEvents& events);

  const std::vector<CaseResult>& results() const { return results_; }
  const SessionOptions& options() const { return options_; }
  SessionProgress progress() const;
  int passes() const { return pass_; }
  bool interrupted() const { return interrupted_; }

 private:
  std::vector<std::size_t> order_of_pass();
  void calibrate_all(const SessionEvents& events);
  bool take_one(CaseResult& result, const SessionEvents& events);
  bool attempt(CaseResult& result, const std::function<void()>& work);
  bool finished(const CaseResult& result) const;
  bool needs_another(const CaseResult& result) const;
  bool may_retake() const;
  void judge(CaseResult& result, bool at_the_end) const;
  void look_for_foreign_work(bool must_end);
  bool budget_spent() const;

  SessionOptions options_;
  Take take_;
  Clock clock_;
  Look foreign_work_;
  Calibrate calibrate_;
  std::vector<CaseResult> results_;
  std::vector<std::size_t> in_window_;  // results whose last sample foreign work may have disturbed
  nanoseconds began_{0};
  nanoseconds last_pass_{0};
  int pass_ = 0;
  std::size_t done_in_pass_ = 0, in_pass_ = 0;
  bool interrupted_ = false;
};

}  // namespace convoy
