// `profile`: where the time of one benchmark goes, and when.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "harness/base/clock.hpp"
#include "harness/base/interruption.hpp"
#include "harness/base/printable.hpp"
#include "harness/cli/verb.hpp"
#include "harness/measure/profile.hpp"
#include "harness/report/json.hpp"
#include "harness/report/profile_files.hpp"

namespace convoy {
namespace {

// Events of all seats together, unless --events says otherwise: 64 MiB.
constexpr std::size_t kAllEvents = (std::size_t{64} << 20) / sizeof(TraceEvent);
constexpr std::size_t kEvents = 65'536;
constexpr std::int64_t kMostEvents = 10'000'000;

struct ProfileVerbOptions {
  AxisOptions axes;
  std::string folder = "results/profile", rounds = "5", duration = "0s", events,
              minimum_round = "50ms", round_limit = "60s";
  bool no_record = false, quiet = false;
};

// One benchmark is profiled at a time; the overheads that `run` adds are not asked for.
Case only_case(const AxisOptions& options) {
  Axes axes = options.axes();
  axes.with_overhead = false;
  const std::vector<Case> cases = expand(axes, allowed_cpu_count());
  if (cases.size() == 1) return cases.front();
  constexpr std::size_t kTold = 3;
  std::vector<std::string> names;
  for (const Case& c : cases)
    if (names.size() < kTold) names.push_back(c.name);
  if (cases.size() > kTold) names.push_back(fmt::format("and {} more", cases.size() - kTold));
  throw UsageError(
      fmt::format("profile takes one benchmark, but {} match: narrow --filter, or give --model, "
                  "--gil and --workers, until one of these is left: {}",
                  cases.size(), fmt::join(names, ", ")));
}

ProfileOptions profile_options(const ProfileVerbOptions& verb, int seats) {
  ProfileOptions options;
  const std::int64_t rounds = parse_count(verb.rounds, "--rounds");
  if (rounds < 1 || rounds > 10'000)
    throw UsageError(fmt::format("--rounds {}: write a number from 1 to 10000", verb.rounds));
  options.rounds = static_cast<int>(rounds);
  options.duration = parse_duration(verb.duration, "--duration");
  options.round_limit = parse_span(verb.round_limit, "--round-limit");
  options.events =
      std::min(kEvents, std::max<std::size_t>(1024, kAllEvents / static_cast<std::size_t>(seats)));
  if (!verb.events.empty()) {
    const std::int64_t events = parse_count(verb.events, "--events");
    if (events < 1 || events > kMostEvents)
      throw UsageError(
          fmt::format("--events {}: write a number from 1 to {}", verb.events, kMostEvents));
    options.events = static_cast<std::size_t>(events);
  }
  if (verb.no_record) options.events = 0;
  return options;
}

std::string percent(nanoseconds part, nanoseconds whole) {
  return fmt::format("{:.1f} %", 100.0 * static_cast<double>(part.count()) /
                                     static_cast<double>(std::max<std::int64_t>(1, whole.count())));
}

// A line a seat: shares of its wall time.
void print_states(const Profile& profile) {
  constexpr const char* kRow = "{:<6} {:>10} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}\n";
  fmt::print(fmt::runtime(kRow), "seat", "wall", "running", "runnable", "gil", "lock", "io",
             "sleep", "start", "unattrib.");
  for (std::size_t seat = 0; seat < profile.traces.size(); ++seat) {
    const SeatRecord& record = profile.traces[seat].record;
    const SeatStates& states = record.states;
    const nanoseconds wall = states.wall();
    const auto waited = [&](WaitCause cause) { return percent(states.of(cause).blocked(), wall); };
    fmt::print(fmt::runtime(kRow), seat,
               fmt::format("{:.3f} ms", static_cast<double>(wall.count()) / 1e6),
               percent(states.running(), wall),
               record.run_delay_known ? percent(states.runnable(), wall) : "unknown",
               waited(WaitCause::gil), waited(WaitCause::lock), waited(WaitCause::io),
               waited(WaitCause::sleep), percent(states.at_start_line(), wall),
               percent(states.unattributed(), wall));
  }
}

class ProfileRun {
 public:
  explicit ProfileRun(const ProfileVerbOptions& options) : options_(options) {}

  ExitCode run() {
    const Case benchmark = only_case(options_.axes);
    const ProfileOptions rounds = profile_options(options_, benchmark.seats());
    Sampler sampler(Topology::live(),
                    {.minimum_round = parse_span(options_.minimum_round, "--min-round"),
                     .round_limit = rounds.round_limit});
    sampler.check(benchmark);
    if (!options_.no_record) check_folder();
    remember_interruptions();
    std::signal(SIGXFSZ, SIG_IGN);  // a file grown too large is an error of write(), not the end
    const std::string created = utc_now();
    try {
      return tell(take_profile(sampler, benchmark, rounds), created);
    } catch (const CrewFailure& failure) {
      print_line(stderr, fmt::format("convoy-bench: {} failed: {}; nothing was written",
                                     benchmark.name, failure.what()));
      if (pending_interruption() == 0) return ExitCode::failed_rows;
      return exit_code_of_interruption();
    }
  }

 private:
  std::filesystem::path file(const char* name) const {
    return std::filesystem::path(options_.folder) / name;
  }

  // Before anything is measured.
  void check_folder() const {
    std::error_code error;
    std::filesystem::create_directories(options_.folder, error);
    if (!std::filesystem::is_directory(options_.folder))
      throw UsageError(fmt::format("cannot write to {}: {}; choose another folder with -o DIR",
                                   options_.folder,
                                   error ? error.message() : std::string("it is not a folder")));
    for (const char* name : {"trace.json", "states.json"}) check_writable(file(name), "-o DIR");
  }

  void say(const std::string& text) const {
    if (!options_.quiet) print_line(stderr, "convoy-bench: " + text);
  }

  ExitCode tell(const Profile& profile, const std::string& created) const {
    say(profile.benchmark.name);
    if (options_.no_record) {
      say(fmt::format("{} rounds without a recorder; no file is written",
                      profile.plain_walls.size()));
      return ExitCode::ok;
    }
    // The states last: where they are, the trace beside them is complete and theirs.
    write_atomically(file("trace.json"), trace_text(profile), "-o DIR");
    write_atomically(file("states.json"), states_text({profile, created, program_arguments()}),
                     "-o DIR");
    if (!options_.quiet) print_states(profile);
    for (const std::string& note : notes_of(profile)) say(note);
    say(fmt::format(
        "recording cost {:+.1f} % of wall time and {:+.1f} % of CPU time, at {:.0f} "
        "events a second (medians of {} pairs of rounds)",
        100 * (profile.cost().value_or(1) - 1), 100 * (profile.cpu_cost().value_or(1) - 1),
        static_cast<double>(profile.recorded_events()) * 1e9 /
            static_cast<double>(profile.round.wall.count()),
        profile.recorded_walls.size()));
    say(fmt::format("wrote {} and {}", file("states.json").string(), file("trace.json").string()));
    return ExitCode::ok;
  }

  const ProfileVerbOptions& options_;
};

void declare_options(Command command, ProfileVerbOptions& options) {
  options.axes.add_to(command);
  Command group = command.group("Profile");
  group.option("-o,--output", options.folder, "Output folder");
  group.option("--rounds", options.rounds,
               "Number of rounds with the recorder, and of rounds without");
  group.option("--duration", options.duration, "Add rounds until they have taken this long");
  group.option("--events", options.events,
               "Capacity of a seat's event buffer; a full one drops the oldest");
  group.flag("--no-record", options.no_record,
             "Only rounds without the recorder, and no files: for an external profiler");
  group.option("--min-round", options.minimum_round, "Minimum length of a round");
  group.option("--round-limit", options.round_limit,
               "Kill a round that takes longer, and fail the profile");
  group.flag("-q,--quiet", options.quiet, "Print only errors");
}

const VerbRegistration registration{
    {"profile", "Record one benchmark: where its time goes, and when.",
     "  convoy-bench profile --filter cpu_pi --model threads --gil cpython32 --workers 2 -o pi\n"
     "  convoy-bench profile --filter io_sleep --model coroutines --gil none --workers 16 -o "
     "sleep\n"
     "  convoy-bench profile --filter cpu_pi --model single --gil none --no-record --duration 2s",
     [](Command command) {
       const auto options = std::make_shared<ProfileVerbOptions>();
       declare_options(command, *options);
       return [options] { return ProfileRun(*options).run(); };
     }}};

}  // namespace
}  // namespace convoy
