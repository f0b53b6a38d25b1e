// Finds runtimes, and runs a crew in one.
// lint: long because a program's description, its plan and its rounds follow one protocol
#include "harness/model/runtime.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <optional>
#include <sstream>

#include "harness/base/check.hpp"
#include "harness/machine/cpu_time.hpp"
#include "harness/machine/pinning.hpp"
#include "harness/machine/pseudo_files.hpp"
#include "harness/machine/yardstick.hpp"
#include "harness/model/crew.hpp"
#include "harness/model/runtime_program.hpp"
#include "harness/work/load.hpp"
#include "harness/work/workload.hpp"

namespace convoy {
namespace {

using namespace std::chrono_literals;

// Before and after its rounds, whose own limit is the controller's.
constexpr nanoseconds kPatience = 60s;
constexpr nanoseconds kForEver = std::chrono::hours(24 * 365);

// --- What it does in the host.

// What a process with all its threads has used so far, from /proc.
struct ProcessUsage {
  std::int64_t cpu_ns = 0, run_delay_ns = -1, faults = 0;
  std::int64_t voluntary = 0, involuntary = 0;
  int threads = 0;
};

std::int64_t number_after(const std::string& text, const std::string& word) {
  const std::size_t at = text.find(word);
  return at == std::string::npos ? 0 : std::strtoll(text.c_str() + at + word.size(), nullptr, 10);
}

ProcessUsage usage_of(pid_t pid) {
  ProcessUsage usage;
  usage.cpu_ns = cpu_time_of(pid).value_or(0ns).count();
  std::error_code gone;
  const std::filesystem::path folder = fmt::format("/proc/{}", pid);
  for (const auto& task : std::filesystem::directory_iterator(folder / "task", gone)) {
    ++usage.threads;
    const std::string status = read_pseudo_file(task.path() / "status");
    usage.voluntary += number_after(status, "\nvoluntary_ctxt_switches:");
    usage.involuntary += number_after(status, "nonvoluntary_ctxt_switches:");
    std::int64_t running = 0, waiting = 0;
    if (std::istringstream in(read_pseudo_file(task.path() / "schedstat"));
        in >> running >> waiting)
      usage.run_delay_ns = std::max<std::int64_t>(usage.run_delay_ns, 0) + waiting;
  }
  // Behind the name, which may hold anything: the 10th and the 12th of all fields.
  const std::string stat = read_pseudo_file(folder / "stat");
  std::istringstream fields(stat.substr(std::min(stat.size(), stat.rfind(')') + 1)));
  std::string field;
  for (int i = 3; fields >> field && i <= 12; ++i)
    if (i == 10 || i == 12) usage.faults += std::strtoll(field.c_str(), nullptr, 10);
  return usage;
}

// The crew's only seat, whose work another program does.
class ProgramSeat {
 public:
  ProgramSeat(Crew& crew, const std::vector<std::string>& arguments)
      : plan_(crew.plan()),
        arena_(crew.arena()),
        slot_(arena_.slot(0)),
        pinning_(plan_.seat_cpus[0].empty() ? unpinned("no place was asked for")
                                            : bind_this_thread(plan_.seat_cpus[0])),
        // It is bound where this thread is, and so are its threads.
        program_(plan_.model->runtime->program, arguments, plan_.setup.peer().listener) {
    slot_.account.index = 0;
    slot_.foreground_workers = plan_.workers();
    slot_.process = {program_.pid(), 0};
    read_back();
    slot_.read_back.set(pinning_.read_back);
  }

  void work() {
    program_.expect("made", kPatience);
    std::uint32_t round = 0;
    while (arena_.await_round(round)) {
      if (arena_.kind() == RoundKind::yardstick) measure_cpu(round);
      else run(round);
    }
    if (const std::string trouble = program_.end(10s); !trouble.empty())
      throw std::runtime_error(trouble);
  }

 private:
  void run(std::uint32_t round) {
    const auto operations = arena_.operations_per_worker();
    slot_.account.waits = {};
    slot_.account.latency.clear();
    program_.say(fmt::format("round {}", operations));
    program_.expect("ready", kPatience);
    const ProcessUsage before = usage_of(program_.pid());
    SeatReport& report = slot_.report;
    report = {};
    report.begin = arena_.cross_start_line(round, slot_.account).at;
    program_.say("go");
    std::optional<ServedRound> served;  // by the program, in place of the workers
    if (plan_.setup.peer().board != nullptr) served.emplace(plan_.setup, operations, 1);
    const std::string answer = program_.expect("done", kForEver);
    report.end = now();
    served.reset();
    const ProcessUsage used = usage_of(program_.pid());
    report.cpu_ns = used.cpu_ns - before.cpu_ns;
    // Threads that share a CPU wait for each other, which says nothing of other programs.
    if (used.threads == 1 && used.run_delay_ns >= 0)
      report.run_delay_ns = used.run_delay_ns - std::max<std::int64_t>(before.run_delay_ns, 0);
    report.switches_voluntary = used.voluntary - before.voluntary;
    report.switches_involuntary = used.involuntary - before.involuntary;
    report.page_faults = used.faults - before.faults;
    check(answer, operations * static_cast<std::uint64_t>(plan_.workers()));
    read_back();
    slot_.read_back_end.set(pinning_.read_back);
    arena_.finish();
  }

  // The first number is that of operations; the clients of a server may have had some more.
  static void check(const std::string& answer, std::uint64_t operations) {
    std::istringstream in(answer);
    std::uint64_t done = 0;
    in >> done;
    if (done == operations) return;
    throw std::runtime_error(
        fmt::format("wrong answer: {} operations were to be done, and the program says '{}'",
                    operations, answer));
  }

  void read_back() {
    pinning_.read_back = affinity_of(program_.pid());
    if (pinning_.pinned && pinning_.read_back != pinning_.asked) {
      pinning_.pinned = false;
      pinning_.reason = "the program chose other CPUs for itself";
    }
    slot_.pinned = pinning_.pinned;
    slot_.pinning_reason.set(pinning_.reason);
  }

  void measure_cpu(std::uint32_t round) {
    arena_.cross_start_line(round, slot_.account);
    const bool here = !plan_.yardsticks.empty() && plan_.yardsticks[0];
    slot_.yardstick = here ? lay_yardstick(meter_) : 0ns;
    arena_.finish();
  }

  const CrewPlan& plan_;
  Arena& arena_;
  Slot& slot_;
  Pinning pinning_;
  RuntimeProgram program_;
  ThreadMeter meter_;
};

std::vector<std::string> arguments_of(const CrewPlan& plan) {
  const Workload& workload = plan.setup.workload();
  std::vector<std::string> all{"run", workload.name, fmt::format("workers={}", plan.workers())};
  for (std::size_t i = 0; i < workload.parameters.size(); ++i)
    all.push_back(fmt::format("{}={}", workload.parameters[i]->name(), plan.setup.arguments()[i]));
  if (plan.setup.peer().board != nullptr)
    all.push_back(fmt::format("listener={}", plan.setup.peer().listener));
  return all;
}

void run_program(Crew& crew, const std::vector<int>& /*seats*/) {
  try {
    ProgramSeat(crew, arguments_of(crew.plan())).work();
  } catch (...) {
    crew.arena().fail_with_exception("");
  }
}

// --- What the controller knows of it.

struct Description {
  std::string name, about, trouble;
  Runtime runtime;
};

// "workload fanout_sleep wait": what it does, and the parameters that it heeds.
RuntimeJob parse_job(const std::string& text) {
  std::istringstream words(text);
  RuntimeJob job;
  words >> job.workload;
  for (std::string word; words >> word;) job.parameters.push_back(word);
  return job;
}

Description describe(const std::filesystem::path& path) {
  Description found;
  found.name = path.filename();
  found.runtime.program = path;
  try {
    RuntimeProgram program(path, {"describe"});
    for (std::string line; !(line = program.hear(20s)).empty();) {
      const std::size_t end = std::min(line.find(' '), line.size());
      const std::string word = line.substr(0, end);
      const std::string rest = line.substr(std::min(line.size(), end + 1));
      if (word == "version") found.runtime.version = rest;
      else if (word == "about") found.about = rest;
      else if (word == "workload") found.runtime.jobs.push_back(parse_job(rest));
    }
    found.trouble = program.end(5s);
    if (found.trouble.empty() && found.runtime.jobs.empty())
      found.trouble = found.name + " names no workload that it can do";
  } catch (const std::exception& error) {
    found.trouble = error.what();
  }
  return found;
}

Model model_of(const Description& description) {
  Model model{.name = description.name,
              .description = description.about,
              .looped = false,
              .seats = [](int, int) { return 1; },
              .run = run_program};
  model.runtime = description.runtime;
  return model;
}

bool is_program(const std::filesystem::path& path) {
  return std::filesystem::is_regular_file(path) && ::access(path.c_str(), X_OK) == 0;
}

std::vector<std::filesystem::path> programs_in(const std::string& folder) {
  std::vector<std::filesystem::path> programs;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(folder, none))
    if (is_program(entry.path())) programs.push_back(entry.path());
  std::sort(programs.begin(), programs.end());
  return programs;
}

// They stay where they are, since benchmarks point to them.
std::deque<Model>& known_runtimes() {
  static std::deque<Model> all;
  return all;
}

// Null where it cannot run, which `trouble` then says.
const Model* model_at(const std::filesystem::path& path, std::string& trouble) {
  auto& known = known_runtimes();
  for (const Model& model : known)
    if (model.runtime->program == path) return &model;
  const Description description = describe(path);
  trouble = description.trouble;
  return trouble.empty() ? &known.emplace_back(model_of(description)) : nullptr;
}

}  // namespace

const RuntimeJob* Runtime::job_of(const std::string& workload) const {
  for (const RuntimeJob& job : jobs)
    if (job.workload == workload) return &job;
  return nullptr;
}

std::string runtimes_folder() {
  if (const char* chosen = std::getenv("CONVOY_RUNTIMES")) return chosen;
  std::error_code unknown;
  return std::filesystem::read_symlink("/proc/self/exe", unknown).parent_path() / "runtimes";
}

std::vector<const Model*> find_runtimes(const std::vector<std::string>& names) {
  const std::string folder = runtimes_folder();
  const auto programs = programs_in(folder);
  std::vector<std::string> known;
  for (const auto& program : programs) known.push_back(program.filename());
  if (known.empty() && !names.empty())
    throw UsageError(
        fmt::format("--runtime {}: there are no runtimes in {}: `make runtimes` builds them",
                    fmt::join(names, ","), folder));
  std::vector<const Model*> found;
  std::string trouble;
  for (const std::string& name : names) {
    if (name == "all") {
      for (const auto& program : programs)
        if (const Model* const model = model_at(program, trouble)) found.push_back(model);
      continue;
    }
    const auto at = std::find(known.begin(), known.end(), name);
    if (at == known.end()) {
      const std::string near = nearest_name(name, known);
      throw UsageError(fmt::format("unknown runtime '{}': {}write --runtime with one or more of {}",
                                   name, near.empty() ? "" : fmt::format("did you mean {}? ", near),
                                   fmt::join(known, ",")));
    }
    found.push_back(model_at(programs[static_cast<std::size_t>(at - known.begin())], trouble));
    if (found.back() == nullptr)
      throw UsageError(
          fmt::format("--runtime {}: {}; leave it out, or install what it needs", name, trouble));
  }
  return found;
}

}  // namespace convoy
