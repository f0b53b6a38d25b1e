// The selection multiplied out: workloads × models × locks × placements × workers × parameters.
// lint: long because the selection is multiplied out in one place
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "harness/base/check.hpp"
#include "harness/measure/case.hpp"
#include "harness/measure/name_filter.hpp"
#include "harness/work/fixture.hpp"

namespace convoy {
namespace {

constexpr int kMostWorkers = 1'000'000;

// How many workers a suite gives a workload; the last says most.
std::vector<int> usual_counts(const Suite& suite, const Workload& workload, int cpus, bool lean) {
  if (!workload.usual_workers.empty()) return workload.usual_workers;
  const int most = workload.waits ? 16 : cpus;
  if (suite.name == "smoke") return {most};
  if (suite.name == "quick" && !lean)
    return workload.waits ? std::vector{1, 16} : std::vector{1, cpus, 2 * cpus};
  if (suite.name == "quick") return most > 1 ? std::vector{1, most} : std::vector{1};
  if (workload.waits) return {1, 4, 16, 64};
  std::vector<int> counts;
  for (int n = 1; n < 2 * cpus; n *= 2) counts.push_back(n);
  counts.push_back(2 * cpus);
  return counts;
}

std::vector<GilSpec> locks_of(const Suite& suite, const Workload& workload) {
  std::vector<GilSpec> all;
  if (!workload.few_locks.empty()) {
    for (const std::string& name : workload.few_locks) all.push_back(parse_gil(name));
    return all;
  }
  if (suite.name != "full") return {parse_gil("none"), parse_gil("cpython32")};
  for (const GilPolicy& policy : gil_policies()) all.push_back(parse_gil(policy.name));
  return all;
}

// Beside background workers under a lock that nobody is asked to give up, the others never run; and
// where one that was waited for comes at ticks only, workers that wait for each other again and
// again take a hundred times a second for what else takes microseconds.
bool is_for_ever(const Workload& workload, const GilSpec& gil) {
  if (workload.background != nullptr && !gil.policy->preempts) return true;
  return gil.policy->at_ticks && needs_waits(workload);
}

std::vector<PeerPlace> peers_of(const Axes& axes, const Suite& suite) {
  if (!axes.peers.empty()) return axes.peers;
  if (suite.name == "full") return {PeerPlace::same, PeerPlace::other};
  return {PeerPlace::same};
}

std::vector<std::string> values_of(const Suite& suite, const UsualValues& usual) {
  if (suite.name == "smoke") return {usual.values.front()};
  const auto& choices = usual.parameter.choices();
  return suite.name == "full" && !choices.empty() ? choices : usual.values;
}

// What the user gave this workload's parameters, and the suite's values of others.
std::vector<ParameterSetting> settings_of(const Axes& axes, const Suite& suite,
                                          const Workload& workload,
                                          const std::vector<UsualValues>& usual_values) {
  std::vector<ParameterSetting> settings;
  for (const ParameterSetting& setting : axes.settings)
    if (setting.workload == workload.name) settings.push_back(setting);
  for (const UsualValues& usual : usual_values) {
    const std::string& name = usual.parameter.name();
    if (std::none_of(settings.begin(), settings.end(),
                     [&](const ParameterSetting& given) { return given.parameter == name; }))
      settings.push_back({workload.name, name, values_of(suite, usual)});
  }
  return settings;
}

// Every combination of these values.
std::vector<std::vector<std::int64_t>> arguments_of(const Workload& workload,
                                                    const std::vector<ParameterSetting>& settings) {
  std::vector<std::vector<std::int64_t>> all{workload.initial_arguments()};
  for (const ParameterSetting& setting : settings) {
    const std::size_t index = workload.parameter_index(setting.parameter);
    std::vector<std::vector<std::int64_t>> next;
    for (const auto& arguments : all) {
      for (const std::string& value : setting.values) {
        next.push_back(arguments);
        next.back()[index] = workload.parameters[index]->parse(value, workload.name);
      }
    }
    all = std::move(next);
  }
  return all;
}

// Whether the runtime heeds all that is not as usual.
bool heeds(const Model& model, const Workload& workload,
           const std::vector<std::int64_t>& arguments) {
  const auto& heeded = model.runtime->job_of(workload.name)->parameters;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const ParameterBase& parameter = *workload.parameters[i];
    if (arguments[i] != parameter.initial() &&
        std::find(heeded.begin(), heeded.end(), parameter.name()) == heeded.end())
      return false;
  }
  return true;
}

// A model that the quick suite does without runs when a filter may name it, also that of a plain
// Google Benchmark program, and in the full suite.
bool is_asked_for(const Model& model, const Axes& axes) {
  return model.in_quick || axes.suite == "full" || !axes.filters.empty() || !axes.models.empty() ||
         !axes.only_what_the_answer_needs;
}

class Expansion {
 public:
  Expansion(const Axes& axes, int cpus) : axes_(axes), suite_(find_suite(axes.suite)), cpus_(cpus) {
    for (const int n : axes.workers) check_count(n, "--workers");
    for (const int n : axes.carriers) check_count(n, "--carriers");
    for (const int n : axes.interpreters) check_count(n, "--interpreters");
    for (const ParameterSetting& setting : axes.settings)
      find_workload(setting.workload).parameter_index(setting.parameter);
    for (const TargetSetting& setting : axes.targets)
      if (!targets_.emplace(setting.workload, setting.address).second)
        throw UsageError(fmt::format(
            "--target {}=...: one server at a time, since their rows would have the same names",
            setting.workload->name));
    placements_ = axes.placements.empty() ? std::vector<PlacementRequest>(1) : axes.placements;
    carriers_ = axes.carriers.empty() ? std::vector{1} : axes.carriers;
    stacks_ = axes.fiber_stacks.empty() ? std::vector{FiberStackSize::kUsual} : axes.fiber_stacks;
    if (axes.models.empty()) {
      for (const Model& model : models()) models_.push_back(&model);
    } else {
      models_ = axes.models;
    }
    models_.insert(models_.end(), axes.runtimes.begin(), axes.runtimes.end());
  }

  void add(const Workload& workload) {
    const auto all =
        arguments_of(workload, settings_of(axes_, suite_, workload, workload.usual_values));
    const std::vector<GilSpec> gils = locks(workload);
    for (const Model* model : models_) {
      if (!offers(workload, *model) || !is_asked_for(*model, axes_)) continue;
      for (const auto& arguments : all)
        for (const GilSpec& gil : gils) {
          if (axes_.gils.empty() && is_for_ever(workload, gil)) continue;
          if (model->runtime && (gil.policy->has_lock || !heeds(*model, workload, arguments)))
            continue;
          for (const PlacementRequest& placement : placements_)
            for (const int workers : counts_of(workload, *model, gil))
              add(workload, *model, arguments, gil, placement, workers);
        }
    }
  }

  // Of an experiment what InQuick says, as far as the user wants such models and locks.
  void add_in_quick(const Workload& workload) {
    if (suite_.name != "quick") return;
    for (const QuickRows& rows : workload.in_quick)
      for (const Model* model : models_)
        if (is_named(rows, *model) && offers(workload, *model)) add(workload, rows, *model);
  }

  std::vector<Case> take() { return std::move(cases_); }

 private:
  static bool is_named(const QuickRows& rows, const Model& model) {
    if (rows.models.empty()) return model.serial;
    return std::find(rows.models.begin(), rows.models.end(), model.name) != rows.models.end();
  }
  void add(const Workload& workload, const QuickRows& rows, const Model& model) {
    const auto all = arguments_of(workload, settings_of(axes_, suite_, workload, {rows.values}));
    for (const GilSpec& gil : locks(workload))
      for (const auto& arguments : all)
        if (!gil.policy->has_lock)
          add(workload, model, arguments, gil, placements_.front(), rows.workers);
  }

  std::vector<GilSpec> locks(const Workload& workload) const {
    return axes_.gils.empty() ? locks_of(suite_, workload) : axes_.gils;
  }
  // One worker after another takes as long an operation as one, so `single` is the baseline of all
  // counts; it runs with others only where nothing else was asked for.
  std::vector<int> counts_of(const Workload& workload, const Model& model,
                             const GilSpec& gil) const {
    const bool alone = models_.size() == 1;
    // Nobody waits for its lock; suites have it as the baseline only.
    const bool lean = axes_.only_what_the_answer_needs;
    if (lean && model.serial && !alone && axes_.gils.empty() && gil.policy->has_lock) return {};
    if (model.serial && !(alone && !axes_.workers.empty())) return {1};
    if (!axes_.workers.empty()) return axes_.workers;
    const std::vector<int> counts = usual_counts(suite_, workload, cpus_, lean);
    // What one worker does under a lock, it does without as well: the quick suite has no time.
    const bool one_says_little =
        lean && suite_.name == "quick" && gil.policy->has_lock && axes_.gils.empty();
    if (one_says_little && workload.usual_workers.empty()) return {counts.back()};
    return counts;
  }

  static void check_count(int n, const char* flag) {
    if (n < 1 || n > kMostWorkers)
      throw UsageError(fmt::format("{} {}: write a number from 1 to {}", flag, n, kMostWorkers));
  }

  void add(const Workload& workload, const Model& model, const std::vector<std::int64_t>& arguments,
           const GilSpec& gil, const PlacementRequest& placement, int workers) {
    Case c;
    c.workload = &workload;
    c.arguments = arguments;
    c.model = &model;
    c.gil = gil;
    c.placement = placement;
    c.placement_qualifiers = axes_.placement_qualifiers;
    c.workers = workers;
    c.engine = axes_.engine;
    const auto peers = peers_of(axes_, suite_);
    for (const auto& [carriers, interpreters] :
         processes_and_loops(workload, model, gil, workers)) {
      c.carriers = carriers;
      c.interpreters = interpreters;
      for (const std::int64_t stack :
           model.stackful ? stacks_ : std::vector{FiberStackSize::kUsual}) {
        c.fiber_stack = stack;
        add(c, peers);
      }
    }
  }

  // How many carriers each interpreter has, and how many of those there are.
  std::vector<std::pair<int, int>> processes_and_loops(const Workload& workload, const Model& model,
                                                       const GilSpec& gil, int workers) const {
    std::vector<std::pair<int, int>> all;
    for (const int interpreters : interpreters_of(workload, model, gil, workers))
      for (const int carriers : model.looped ? carriers_ : std::vector{1})
        all.emplace_back(carriers, interpreters);
    return all;
  }

  // No more than there are workers. Suites deal what computes and waits over the CPUs, under a
  // lock.
  std::vector<int> interpreters_of(const Workload& workload, const Model& model, const GilSpec& gil,
                                   int workers) const {
    if (!model.divisible) return {1};
    std::vector<int> counts = axes_.interpreters;
    if (counts.empty()) {
      counts = {1};
      if (workload.computes_and_waits && gil.policy->excludes && cpus_ > 1 && workers >= 4 * cpus_)
        counts.push_back(cpus_);
    }
    std::erase_if(counts, [&](int n) { return n > workers || !offers(workload, model, n); });
    return counts;
  }

  void add(Case& c, const std::vector<PeerPlace>& peers) {
    const auto target = targets_.find(c.workload);
    if (target != targets_.end() || (c.workload->target && c.workload->target.is_needed)) {
      c.peer = PeerPlace::external;
      c.target = target == targets_.end() ? "" : target->second;
      return push(c);
    }
    if (c.workload->peer == Transport::none) return push(c);
    for (const PeerPlace peer : peers) {
      c.peer = peer;
      push(c);
    }
  }

  void push(Case c) {
    const bool least = c.workers == 1 && !c.model->serial;
    c.comes_first = !least && !c.workload->is_overhead;
    c.settle();
    cases_.push_back(std::move(c));
  }

  const Axes& axes_;
  const Suite& suite_;
  int cpus_;
  std::vector<const Model*> models_;
  std::map<const Workload*, std::string> targets_;
  std::vector<PlacementRequest> placements_;
  std::vector<int> carriers_;
  std::vector<std::int64_t> stacks_;
  std::vector<Case> cases_;
};

// All of an experiment runs when a filter may name it, and in the full suite.
bool is_asked_for(const Workload& workload, const Axes& axes) {
  return !workload.is_experiment || axes.suite == "full" || !axes.filters.empty();
}

// `null` in the surroundings that two benchmarks or more share: so it is never half of a selection.
void add_overheads(std::vector<Case>& all) {
  const Workload& null = find_workload("null");
  std::map<std::string, std::pair<Case, int>> overheads;
  for (const Case& c : all) {
    if (c.workload == &null || c.model->runtime) continue;
    Case overhead = c.with_workload(null);
    overhead.peer.reset();
    overhead.comes_first = false;
    overhead.settle();
    ++overheads.try_emplace(overhead.name, overhead, 0).first->second.second;
  }
  for (auto& [name, shared] : overheads)
    if (shared.second > 1) all.push_back(std::move(shared.first));
}

}  // namespace

std::string skipped_in_words(const Workload& workload) {
  return "skipped " + workload.target_advice();
}

// Takes those away whose server nobody named.
static std::vector<const Workload*> leave_out_without_target(std::vector<Case>& cases) {
  std::set<std::string> names;
  std::erase_if(cases, [&](const Case& c) {
    if (c.peer != PeerPlace::external || !c.target.empty()) return false;
    names.insert(c.workload->name);
    return true;
  });
  std::vector<const Workload*> left_out;
  for (const std::string& name : names) left_out.push_back(&find_workload(name));
  return left_out;
}

Selection select_some(const Axes& axes, int cpus) {
  Selection selection = select(axes, cpus);
  if (!selection.cases.empty()) return selection;
  std::vector<std::string> words;
  for (const Workload* const workload : selection.skipped)
    words.push_back(skipped_in_words(*workload));
  throw Skipped(fmt::format("{}", fmt::join(words, "; ")));
}

std::vector<Case> expand(const Axes& axes, int cpus) {
  return std::move(select_some(axes, cpus).cases);
}

Selection select(const Axes& axes, int cpus) {
  Expansion expansion(axes, cpus);
  for (const Workload& workload : workloads())
    is_asked_for(workload, axes) ? expansion.add(workload) : expansion.add_in_quick(workload);
  std::vector<Case> all = expansion.take();
  if (!axes.filters.empty()) {
    const std::vector<NameFilter> filters(axes.filters.begin(), axes.filters.end());
    std::erase_if(all, [&](const Case& c) {
      return std::none_of(filters.begin(), filters.end(),
                          [&](const NameFilter& filter) { return filter.matches(c.name); });
    });
  }
  std::vector<const Workload*> skipped = leave_out_without_target(all);
  if (axes.filters.empty()) skipped.clear();
  if (all.empty() && !skipped.empty()) return {{}, std::move(skipped)};
  if (all.empty() && !axes.interpreters.empty())
    throw UsageError(
        fmt::format("--interpreters {}: no selected benchmark can use that many processes: write "
                    "at most --workers; coroutines that wait for each other stay in one",
                    fmt::join(axes.interpreters, ",")));
  if (all.empty())
    throw UsageError(
        fmt::format("no benchmark matches --filter '{}': `scripts/convoy list` shows their names",
                    fmt::join(axes.filters, "' or '")));
  if (axes.with_overhead) add_overheads(all);
  std::sort(all.begin(), all.end(), [](const Case& a, const Case& b) { return a.name < b.name; });
  all.erase(std::unique(all.begin(), all.end(),
                        [](const Case& a, const Case& b) { return a.name == b.name; }),
            all.end());
  return {std::move(all), std::move(skipped)};
}

}  // namespace convoy
