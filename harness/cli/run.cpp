// `run`: measure a selection and write the result file.
#include <fmt/format.h>

#include <cmath>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>

#include "harness/base/clock.hpp"
#include "harness/base/interruption.hpp"
#include "harness/base/printable.hpp"
#include "harness/base/standard_streams.hpp"
#include "harness/cli/run_options.hpp"
#include "harness/machine/facts.hpp"
#include "harness/machine/fitness.hpp"
#include "harness/machine/quota.hpp"
#include "harness/measure/gbench.hpp"
#include "harness/measure/sampler.hpp"
#include "harness/measure/session.hpp"
#include "harness/report/json.hpp"
#include "harness/report/progress.hpp"

namespace convoy {
namespace {

// One run: the parts that live as long as it does.
class Run {
 public:
  explicit Run(const RunOptions& options)
      : options_(options),
        topology_(Topology::live()),
        selection_(select_some(options.axes.axes(), allowed_cpu_count())),
        cases_(selection_.cases),
        foreign_work_(watch_foreign_work(topology_.allowed())),
        sampler_(topology_, {.minimum_round = options.shortest_round(),
                             .round_limit = options.longest_round(),
                             .operations = options.operations_of_a_round(),
                             .counted = countable_events()}),
        benchmarks_(cases_,
                    [this](const Case& c, CaseResult& r, int pass) { sampler_.take(c, r, pass); }),
        session_(
            cases_, options.session(),
            [this](const Case& c, CaseResult& r, int pass) { benchmarks_.take(c, r, pass); },
            [] { return now(); }, [this](bool must_end) { return foreign_work_.look(must_end); },
            [this](const Case& c, CaseResult& r) { sampler_.calibrate_for(c, r); }),
        display_(options.quiet     ? Verbosity::quiet
                 : options.verbose ? Verbosity::verbose
                                   : Verbosity::normal),
        created_(utc_now()) {}

  ExitCode run() {
    // Every placement is tried before anything is measured, so that an impossible one costs no
    // time.
    for (const Case& c : cases_) sampler_.check(c);
    if (!to_stdout()) check_writable(options_.file);
    for (const std::string& variable : ignored_environment())
      say(fmt::format("ignoring {}, which describes another machine", variable));
    if (const auto warning = quota_warning(read_cpu_quota(), topology_.allowed().size()))
      say(*warning);
    examine();  // first, so that nobody misses it
    announce();
    remember_interruptions();
    std::signal(SIGXFSZ, SIG_IGN);  // a file grown too large is an error of write(), not the end
    facts_ = gather_facts(topology_);
    steal_before_ = steal_ticks();
    SessionEvents events;
    events.before_sample = [this](const CaseResult& next) { display_.draw(session_, next); };
    events.after_sample = [this](const CaseResult& result) { display_.report(result); };
    events.after_pass = [this] { save_quietly(); };
    session_.run(events);
    display_.clear();
    return finish();
  }

 private:
  bool to_stdout() const { return options_.file.empty() || options_.file == "-"; }

  void say(const std::string& text) const {
    if (!options_.quiet) print_line(stderr, "convoy-bench: " + text);
  }

  void announce() const {
    for (const Workload* const workload : selection_.skipped) say(skipped_in_words(*workload));
    const SessionOptions& session = session_.options();
    const std::string budget =
        session.budget.count() > 0 ? "budget " + format_duration(session.budget) : "no budget";
    const auto seconds = static_cast<double>(estimate().count()) / 1e9;
    say(fmt::format("{} benchmarks, at least {} pass{} (about {:.0f} s), {}, seed {}",
                    cases_.size(), session.least_passes, session.least_passes == 1 ? "" : "es",
                    seconds, budget, session.seed));
    warn_of_few_passes();
  }

  // For the least passes.
  nanoseconds estimate() const {
    return sampler_.estimate(cases_, session_.options().least_passes);
  }

  // Fewer than six samples give no interval, so that nothing can be claimed.
  void warn_of_few_passes() const {
    const SessionOptions& session = session_.options();
    if (session.budget.count() == 0 || !session.until_precise ||
        session.most_passes < session.minimum_samples)
      return;
    const nanoseconds needed = sampler_.estimate(cases_, session.minimum_samples);
    if (session.least_passes >= session.minimum_samples || needed <= session.budget) return;
    say(
        fmt::format("the budget of {} ends before {} passes, which take about {:.0f} s: there will "
                    "be no intervals; give --budget {:.0f}s, or select fewer benchmarks",
                    format_duration(session.budget), session.minimum_samples,
                    static_cast<double>(needed.count()) / 1e9,
                    std::ceil(1.2 * static_cast<double>(needed.count()) / 1e9)));
  }

  // A run of a second or two is not kept waiting for it.
  void examine() {
    constexpr nanoseconds kWorthIt = std::chrono::seconds(10);
    if (estimate() < kWorthIt) return;
    findings_ = examine_machine(topology_, kBeforeARun);
    for (const std::string& words : worst_in_words(findings_)) say(words);
  }

  Record record() const {
    return {session_,
            facts_,
            GoogleBenchmarks::context_json(),
            program_arguments(),
            options_.axes.are_the_suites_own() ? std::optional(options_.axes.suite) : std::nullopt,
            created_,
            options_.shortest_round(),
            find_suite(options_.axes.suite).rows,
            findings_,
            foreign_work_.share(),
            foreign_work_.steal_share()};
  }

  // Between passes a full disk is no reason to stop: there may be room again at the end.
  void save_quietly() {
    if (to_stdout()) return;
    const std::string trouble = why_not_saved(options_.file);
    if (trouble_.empty() && !trouble.empty()) say(trouble);
    trouble_ = trouble;
  }

  // Empty when the file was saved.
  std::string why_not_saved(const std::filesystem::path& file) const {
    try {
      save(file);
      return {};
    } catch (const UsageError& error) {
      return error.what();
    }
  }

  void save(const std::filesystem::path& file) const {
    write_atomically(file, result_text(record()));
    if (std::filesystem::is_regular_file(file))  // beside a device there is no place for another
      write_atomically(track_path(file), track_text(record()));
  }

  ExitCode finish() {
    add_closing_facts();
    if (to_stdout()) {
      const int error = write_standard_output(result_text(record()));
      if (error == EPIPE) return judge();  // whoever reads has seen enough
      if (error != 0) {
        trouble_ = describe_output_error(error);
        abandon_standard_output();
        return rescue();
      }
    } else {
      save_quietly();
      if (!trouble_.empty()) return rescue();
      say("wrote " + options_.file);
    }
    return judge();
  }

  // What changed while the run went on.
  void add_closing_facts() {
    const auto steal = steal_ticks();
    if (steal && steal_before_) facts_.add("steal_during_run_ticks", *steal - *steal_before_);
    if (const auto load = load_average()) facts_.add("load_average_at_end", *load);
  }

  // Nothing measured is lost: if the file cannot be written after all, another one is.
  ExitCode rescue() const {
    for (const char* folder : {"/var/tmp", "/dev/shm"}) {
      const auto file = write_privately(folder, result_text(record()), track_text(record()));
      if (!file) continue;
      print_line(stderr, "convoy-bench: " + trouble_);
      print_line(stderr,
                 fmt::format("convoy-bench: the result is kept in {} instead", file->string()));
      return ExitCode::usage;
    }
    const char* then = to_stdout() ? "is lost" : "goes to stdout";
    print_line(
        stderr,
        fmt::format(
            "convoy-bench: {}; there is no room in /var/tmp or /dev/shm either, so the result {}",
            trouble_, then));
    if (!to_stdout()) write_standard_output(result_text(record()));
    return ExitCode::usage;
  }

  ExitCode judge() const {
    if (session_.interrupted()) {
      say(fmt::format("interrupted by {}: what was measured is kept, marked \"interrupted\"",
                      name_of_interruption(pending_interruption())));
      return exit_code_of_interruption();
    }
    std::size_t failed = 0;
    for (const CaseResult& result : session_.results()) {
      if (result.failure && !result.refused) ++failed;
      if (options_.require_pinned && !result.pinned) {
        print_line(stderr, fmt::format("convoy-bench: {} was not pinned: {}; leave out "
                                       "--require-pinned to accept it",
                                       result.benchmark->name, result.pinned_reason));
        return ExitCode::not_pinned;
      }
    }
    if (failed > 0)
      say(fmt::format("{} of {} benchmarks failed, see above", failed, session_.results().size()));
    return failed > 0 ? ExitCode::failed_rows : ExitCode::ok;
  }

  const RunOptions& options_;
  const Topology& topology_;
  Selection selection_;
  const std::vector<Case>& cases_;
  ForeignWork foreign_work_;
  Sampler sampler_;
  GoogleBenchmarks benchmarks_;
  Session session_;
  ProgressDisplay display_;
  std::string created_;
  Facts facts_;
  std::vector<Finding> findings_;
  std::optional<std::int64_t> steal_before_;
  std::string trouble_;
};

const VerbRegistration registration{
    {"run", "Measure a selection of benchmarks and write the result file.",
     "  convoy run --suite smoke\n"
     "  convoy run --filter cpu_pi --model threads,processes --gil none,cpython32 --workers 1,2,4\n"
     "  convoy run --filter io_sleep --param io_sleep.wait=5ms --json sleep.json",
     [](Command command) {
       const auto options = std::make_shared<RunOptions>();
       options->add_to(command);
       return [options] { return Run(*options).run(); };
     }}};

}  // namespace
}  // namespace convoy
