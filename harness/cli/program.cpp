// The program's entry: a verb, or a plain Google Benchmark program with Convoy's axes beside its
// flags.
#include <fmt/format.h>

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <new>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include "harness/base/printable.hpp"
#include "harness/base/registry.hpp"
#include "harness/base/standard_streams.hpp"
#include "harness/cli/verb.hpp"
#include "harness/machine/topology.hpp"
#include "harness/measure/gbench.hpp"
#include "harness/measure/sampler.hpp"
#include "harness/report/json.hpp"

namespace convoy {
namespace {

std::vector<std::string>& arguments() {
  static std::vector<std::string> all;
  return all;
}

// Google Benchmark's flag that names its output file, which has to be known before the flag is
// consumed.
std::string benchmark_output(int argc, char** argv) {
  const std::string flag = "--benchmark_out=";
  for (int i = 1; i < argc; ++i)
    if (std::string(argv[i]).starts_with(flag)) return std::string(argv[i]).substr(flag.size());
  return {};
}

bool only_lists(int argc, char** argv) {
  return std::any_of(argv, argv + argc,
                     [](const std::string& a) { return a.starts_with("--benchmark_list_tests"); });
}

// Spins at the start line are instructions, more or fewer as it happens: who counts wants none.
bool may_spin() {
  const char* start = std::getenv("CONVOY_START");
  if (start == nullptr || *start == '\0') return true;
  if (std::string_view(start) == "futex") return false;
  throw UsageError(fmt::format("CONVOY_START={}: write CONVOY_START=futex, or unset it", start));
}

// The stack of the process is that of its threads, too. Less ends it by SIGSEGV somewhere.
void require_stack() {
  constexpr rlim_t kLeast = 256 << 10;
  rlimit limit{};
  if (::getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur >= kLeast) return;
  throw UsageError(
      fmt::format("the stack limit is {} KiB, too few for a worker, which needs {}: type `ulimit "
                  "-s 8192` first, in another shell if this one may not",
                  limit.rlim_cur >> 10, kLeast >> 10));
}

ExitCode run_plainly(const AxisOptions& options, std::uint64_t operations,
                     const std::string& output, bool only_list) {
  Axes axes = options.axes();
  axes.only_what_the_answer_needs = false;
  const Selection selection = select_and_tell(axes);
  const std::vector<Case>& cases = selection.cases;
  if (only_list) {  // neither the topology nor a crew is needed for names
    GoogleBenchmarks(cases, [](const Case&, CaseResult&, int) {}).run_plainly(output);
    return ExitCode::ok;
  }
  if (!output.empty()) check_writable(output);
  Sampler sampler(
      Topology::live(),
      {.operations = operations, .counted = countable_events(), .may_spin = may_spin()});
  GoogleBenchmarks benchmarks(cases, [&](const Case& c, CaseResult& result, int pass) {
    if (output.empty() && std::ferror(stdout) != 0)
      throw std::runtime_error("not measured, because nobody would see it");
    sampler.take(c, result, pass);
  });
  return benchmarks.run_plainly(output) == 0 ? ExitCode::ok : ExitCode::failed_rows;
}

ExitCode parse_and_run(int argc, char** argv) {
  const std::string output = benchmark_output(argc, argv);
  const bool only_list = only_lists(argc, argv);
  const bool plain = argc < 2 || argv[1][0] == '-';
  const bool help = argc >= 2 && (std::string(argv[1]) == "--help" || std::string(argv[1]) == "-h");
  std::signal(SIGPIPE, SIG_IGN);  // whoever reads may leave, and files are still written
  std::uint64_t operations = 0;
  if (plain && !help) operations = initialise_google_benchmark(argc, argv);

  CommandLine line(
      "convoy-bench",
      "Benchmarks of threads, processes and coroutines, with and without an interpreter lock",
      "Without a verb this is a plain Google Benchmark program: --benchmark_filter=<regex>, "
      "--benchmark_list_tests,\n"
      "--benchmark_format=<console|json|csv>, --benchmark_out=<file> and its other flags work.\n"
      "--benchmark_min_time=100x: 100 operations per worker, instead of a round of at least 50 "
      "ms.");
  AxisOptions axes;
  axes.add_to(line.options());
  std::vector<std::pair<Command, std::function<ExitCode()>>> commands;
  for (const Verb& verb : verbs()) {
    const Command command = line.add_command(verb.name, verb.summary, verb.examples);
    commands.emplace_back(command, verb.declare(command));
  }
  if (const auto code = line.parse(argc, argv)) return static_cast<ExitCode>(*code);
  for (const auto& [command, run] : commands)
    if (command.was_chosen()) return run();
  return run_plainly(axes, operations, output, only_list);
}

// Whose main function sees exceptions to their end; children that it forks have their own ways.
pid_t controller = 0;

void tell(const std::string& what) { print_line(stderr, "convoy-bench: " + what); }

std::string unexpected(const std::string& what) {
  return fmt::format("unexpected error: {}{}", what, kReportThis);
}

// Where nothing can be unwound. The crew dies with its parent.
[[noreturn]] void end_at_once() {
  if (::getpid() != controller) std::abort();  // the row of a crew says by which signal it died
  if (std::current_exception() == nullptr) {
    tell(unexpected("an exception was thrown where none may be"));
  } else {
    try {
      throw;
    } catch (const InternalError& error) {
      tell(error.what());
    } catch (const std::exception& error) {
      tell(unexpected(error.what()));
    } catch (...) {
      tell(unexpected("an exception that is no std::exception"));
    }
  }
  ::_exit(static_cast<int>(ExitCode::internal));
}

void end_internal_errors_with_a_code() {
  controller = ::getpid();
  std::set_terminate(end_at_once);
  // Thrown, so that the crew and the peer under way are ended as they always are.
  tell_failed_checks_to([](const std::string& what) { throw InternalError(what); });
}

}  // namespace

VerbRegistration::VerbRegistration(Verb verb) { register_by_name(std::move(verb)); }

const std::vector<Verb>& verbs() { return registry_of<Verb>(); }

const std::vector<std::string>& program_arguments() { return arguments(); }

int run_program(int argc, char** argv) {
  open_standard_streams();
  arguments().assign(argv, argv + argc);
  // Whoever repeats the command has the program elsewhere.
  if (argc > 0) arguments().front() = std::filesystem::path(argv[0]).filename().string();
  end_internal_errors_with_a_code();
  int code = static_cast<int>(ExitCode::usage), error_of_output = 0;
  try {
    require_stack();
    code = static_cast<int>(parse_and_run(argc, argv));
  } catch (const UsageError& error) {
    tell(error.what());
  } catch (const Skipped& error) {
    tell(error.what());
    code = static_cast<int>(ExitCode::skipped);
  } catch (const std::system_error& error) {
    if (std::ferror(stdout) != 0) error_of_output = error.code().value();
    else tell(error.what());
  } catch (const std::bad_alloc&) {
    tell("not enough memory: end other programs, or select fewer benchmarks");
  } catch (const InternalError& error) {
    tell(error.what());
    code = static_cast<int>(ExitCode::internal);
  } catch (const std::exception& error) {
    tell(unexpected(error.what()));
    code = static_cast<int>(ExitCode::internal);
  } catch (...) {
    tell(unexpected("an exception that is no std::exception"));
    code = static_cast<int>(ExitCode::internal);
  }
  return end_standard_output(code, error_of_output);
}

}  // namespace convoy
