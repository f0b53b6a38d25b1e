// `run`: measure a selection and write the result file.
#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <random>

#include "harness/base/clock.hpp"
#include "harness/base/interruption.hpp"
#include "harness/cli/verb.hpp"
#include "harness/machine/facts.hpp"
#include "harness/machine/quota.hpp"
#include "harness/measure/gbench.hpp"
#include "harness/measure/sampler.hpp"
#include "harness/measure/session.hpp"
#include "harness/report/json.hpp"
#include "harness/report/progress.hpp"

namespace convoy {
namespace {

struct RunOptions {
  AxisOptions axes;
  std::string precision = "2%", budget, seed, file = "results/latest.json", passes,
              round_limit = "60s", minimum_round = "50ms", operations;
  bool require_pinned = false, quiet = false, verbose = false;
};

double parse_precision(const std::string& text) {
  const bool percent = text.ends_with('%');
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end) / (percent ? 100 : 1);
  if (end != text.c_str() + text.size() - (percent ? 1 : 0) || !(value > 0 && value < 1))
    throw UsageError(
        fmt::format("--precision {}: write a share between 0 and 1, such as 2% or 0.02", text));
  return value;
}

nanoseconds parse_span(const std::string& text, const char* flag) {
  const nanoseconds span = parse_duration(text, flag);
  if (span.count() > 0) return span;
  throw UsageError(fmt::format("{} {}: write a time above zero, such as 5ms or 2s", flag, text));
}

std::uint64_t parse_seed(const std::string& text) {
  const std::int64_t seed = parse_count(text, "--seed");
  if (seed >= 0) return static_cast<std::uint64_t>(seed);
  throw UsageError(fmt::format("--seed {}: write a whole number from 0", text));
}

// A worker in every round; 0 where rounds are to last for a time instead.
std::uint64_t parse_operations(const std::string& text) {
  const std::int64_t operations = text.empty() ? 0 : parse_count(text, "--operations");
  if (!text.empty() && (operations < 1 || operations > 1'000'000'000'000))
    throw UsageError(fmt::format("--operations {}: write a number from 1 to 1000000000000", text));
  return static_cast<std::uint64_t>(operations);
}

nanoseconds minimum_round(const RunOptions& options) {
  if (!options.operations.empty()) return nanoseconds(0);
  return parse_span(options.minimum_round, "--min-round");
}

SessionOptions session_options(const RunOptions& options) {
  const Suite& suite = find_suite(options.axes.suite);
  SessionOptions session;
  session.precision = parse_precision(options.precision);
  session.budget = options.budget.empty() ? suite.budget : parse_span(options.budget, "--budget");
  session.least_passes = suite.passes;
  if (!options.budget.empty()) session.least_passes = 1;
  if (!options.passes.empty()) {
    const std::int64_t passes = parse_count(options.passes, "--passes");
    if (passes < 1 || passes > 100'000)
      throw UsageError("--passes: write a number from 1 to 100000");
    session.least_passes = session.most_passes = static_cast<int>(passes);
    session.until_precise = false;
  } else if (suite.name == "smoke") {
    session.most_passes = suite.passes;
  }
  session.seed = options.seed.empty() ? std::random_device()() : parse_seed(options.seed);
  return session;
}

// One run: the parts that live as long as it does.
class Run {
 public:
  explicit Run(const RunOptions& options)
      : options_(options),
        topology_(Topology::live()),
        cases_(expand(options.axes.axes(), allowed_cpu_count())),
        sampler_(topology_, {.minimum_round = minimum_round(options),
                             .round_limit = parse_span(options.round_limit, "--round-limit"),
                             .operations = parse_operations(options.operations),
                             .counted = countable_events()}),
        benchmarks_(cases_,
                    [this](const Case& c, CaseResult& r, int pass) { sampler_.take(c, r, pass); }),
        session_(
            cases_, session_options(options),
            [this](const Case& c, CaseResult& r, int pass) { benchmarks_.take(c, r, pass); },
            [] { return now(); }),
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
      say(fmt::format("ignoring {}, which would describe another machine than this one", variable));
    if (const auto warning = quota_warning(read_cpu_quota(), topology_.allowed().size()))
      say(*warning);
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
    if (!options_.quiet) std::fprintf(stderr, "convoy-bench: %s\n", text.c_str());
  }

  void announce() const {
    const SessionOptions& session = session_.options();
    const std::string budget =
        session.budget.count() > 0 ? "budget " + format_duration(session.budget) : "no budget";
    // A sample takes the round, an eighth of it to warm up, and the crew's coming and going.
    const double least = 0.09 * static_cast<double>(cases_.size()) * session.least_passes;
    say(fmt::format("{} benchmarks, at least {} passes (about {:.0f} s), {}, seed {}",
                    cases_.size(), session.least_passes, least, budget, session.seed));
  }

  Record record() const {
    return {session_,
            facts_,
            GoogleBenchmarks::context_json(),
            program_arguments(),
            options_.axes.are_the_suites_own() ? std::optional(options_.axes.suite) : std::nullopt,
            created_,
            minimum_round(options_),
            find_suite(options_.axes.suite).rows};
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
      std::fputs(result_text(record()).c_str(), stdout);
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
      const auto file = std::filesystem::path(folder) / fmt::format("convoy-{}.json", ::getpid());
      if (!why_not_saved(file).empty()) continue;
      std::fprintf(stderr, "convoy-bench: %s\nconvoy-bench: the result is kept in %s instead\n",
                   trouble_.c_str(), file.c_str());
      return ExitCode::usage;
    }
    std::fprintf(stderr,
                 "convoy-bench: %s; nor is there room in /var/tmp or /dev/shm, so the result goes "
                 "to stdout\n",
                 trouble_.c_str());
    std::fputs(result_text(record()).c_str(), stdout);
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
      if (result.failure) ++failed;
      if (options_.require_pinned && !result.pinned) {
        std::fprintf(
            stderr,
            "convoy-bench: %s was not pinned: %s; leave out --require-pinned to accept it\n",
            result.benchmark->name.c_str(), result.pinned_reason.c_str());
        return ExitCode::not_pinned;
      }
    }
    if (failed > 0)
      say(fmt::format("{} of {} benchmarks failed, see above", failed, session_.results().size()));
    return failed > 0 ? ExitCode::failed_rows : ExitCode::ok;
  }

  const RunOptions& options_;
  const Topology& topology_;
  std::vector<Case> cases_;
  Sampler sampler_;
  GoogleBenchmarks benchmarks_;
  Session session_;
  ProgressDisplay display_;
  std::string created_;
  Facts facts_;
  std::optional<std::int64_t> steal_before_;
  std::string trouble_;
};

void declare_options(Command command, RunOptions& options) {
  options.axes.add_to(command);
  Command measuring = command.group("Measuring");
  measuring.option("--precision", options.precision,
                   "Done when the 95 % interval of the median is this narrow");
  measuring.option("--budget", options.budget, "Stop after this time, such as 60s");
  measuring.option("--passes", options.passes, "Exactly so many samples of each benchmark");
  measuring.option("--seed", options.seed, "Seed of the random order of each pass");
  measuring.option("--min-round", options.minimum_round, "How long a round lasts at least");
  // The overhead that `null` tells is that of rounds that last.
  measuring.option("--operations", options.operations,
                   "What each worker does in a round, however long that takes",
                   {.excludes = "--min-round", .needs = "--no-overhead"});
  measuring.option("--round-limit", options.round_limit, "A longer round is killed and fails");
  measuring.flag("--require-pinned", options.require_pinned, "Exit 5 if a row was not pinned");
  Command output = command.group("Output");
  output.option("--json", options.file, "The result file; - or nothing for stdout",
                {.value_may_be_left_out = true});
  output.flag("-q,--quiet", options.quiet, "Say nothing but errors");
  output.flag("-v,--verbose", options.verbose, "A line a sample");
}

const VerbRegistration registration{
    {"run", "Measure a selection of benchmarks and write the result file.",
     "  convoy run --suite smoke\n"
     "  convoy run --filter cpu_pi --model threads,processes --gil none,cpython32 --workers 1,2,4\n"
     "  convoy run --filter io_sleep --param io_sleep.wait=5ms --json sleep.json",
     [](Command command) {
       const auto options = std::make_shared<RunOptions>();
       declare_options(command, *options);
       return [options] { return Run(*options).run(); };
     }}};

}  // namespace
}  // namespace convoy
