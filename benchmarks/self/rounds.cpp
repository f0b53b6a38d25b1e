// An empty round of two spinning seats, and a whole pass of a crew, against two plain threads and a
// plain fork.
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <new>
#include <optional>
#include <vector>

// NOLINTNEXTLINE(bugprone-suspicious-include): the very body that is measured elsewhere
#include "benchmarks/null.cpp"
#include "benchmarks/self/comparison.hpp"
#include "harness/base/mapping.hpp"
#include "harness/base/statistics.hpp"
#include "harness/model/host.hpp"

namespace convoy::self {
namespace {

using namespace std::chrono_literals;

double seconds(nanoseconds time) { return std::chrono::duration<double>(time).count(); }

std::optional<CrewPlan> plan_two_seats(benchmark::State& state) {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  ::sched_getaffinity(0, sizeof allowed, &allowed);
  std::vector<CpuSet> cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE && cpus.size() < 2; ++cpu)
    if (CPU_ISSET(cpu, &allowed)) cpus.push_back(CpuSet{cpu});
  if (cpus.size() < 2) {
    state.SkipWithError("this process may use one CPU only: two seats cannot spin");
    return {};
  }
  const Workload& workload = find_workload("null");
  return CrewPlan{.model = &find_model("processes"),
                  .setup = Setup(workload, workload.initial_arguments(), 2),
                  .gil = parse_gil("none"),
                  .gil_accounting = false,
                  .seat_cpus = cpus,
                  .spin_at_start = true};
}

template <class Figure>
void time_rounds(benchmark::State& state, Figure figure) {
  const auto plan = plan_two_seats(state);
  if (!plan) return;
  Host host(*plan);
  host.run_round(0, 10s);  // the first one faults pages in
  // The median of some rounds, as of samples: now and then a virtual machine wakes a seat so late
  // that a single round would decide the mean.
  constexpr int kRounds = 11;
  for ([[maybe_unused]] auto _ : state) {
    std::vector<double> figures;
    for (int i = 0; i < kRounds; ++i) figures.push_back(seconds(figure(host.run_round(0, 10s))));
    state.SetIterationTime(median(figures));
  }
  host.stop(10s);
}
void round_ours(benchmark::State& state) {
  time_rounds(state, [](const RoundReport& report) { return report.wall; });
}
void skew_ours(benchmark::State& state) {
  time_rounds(state, [](const RoundReport& report) { return report.start_skew; });
}

// Two processes spin to one instant and read the clock: the best that can be had.
struct Meeting {
  std::atomic<int> arrived{0};
  std::atomic<std::int64_t> instant{0}, other{0};
};

void spin_together(benchmark::State& state) {
  const auto plan = plan_two_seats(state);
  if (!plan) return;
  for ([[maybe_unused]] auto _ : state) {
    const Mapping memory(sizeof(Meeting));
    auto& meeting = *new (memory.data()) Meeting;
    const auto meet = [&](int seat) {
      const auto mask = plan->seat_cpus[static_cast<std::size_t>(seat)].kernel_mask();
      ::sched_setaffinity(0, mask.size() * sizeof mask[0],
                          reinterpret_cast<const cpu_set_t*>(mask.data()));
      meeting.arrived.fetch_add(1);
      while (meeting.instant.load() == 0) {
        if (seat == 0 && meeting.arrived.load() == 2) meeting.instant.store((now() + 50us).count());
      }
      nanoseconds time = now();
      while (time.count() < meeting.instant.load()) time = now();
      return time.count();
    };
    const pid_t first = ::fork();
    if (first == 0) {
      const std::int64_t mine = meet(0);
      while (meeting.other.load() == 0) continue;
      meeting.other.store(std::abs(meeting.other.load() - mine));
      ::_exit(0);
    }
    const pid_t second = ::fork();
    if (second == 0) {
      meeting.other.store(meet(1));
      ::_exit(0);
    }
    ::waitpid(first, nullptr, 0);
    ::waitpid(second, nullptr, 0);
    state.SetIterationTime(seconds(nanoseconds(meeting.other.load())));
  }
}

void pass_ours(benchmark::State& state) {
  const auto plan = plan_two_seats(state);
  if (!plan) return;
  for ([[maybe_unused]] auto _ : state) {
    const nanoseconds before = now();
    Host host(*plan);
    host.run_round(0, 10s);
    host.stop(10s);
    state.SetIterationTime(seconds(now() - before));
  }
}

void pass_plain(benchmark::State& state) {
  for ([[maybe_unused]] auto _ : state) {
    const nanoseconds before = now();
    const pid_t host = ::fork();
    if (host == 0) {
      for (int seat = 0; seat < 2; ++seat)
        if (::fork() == 0) ::_exit(0);
      while (::waitpid(-1, nullptr, 0) > 0) {
      }
      ::_exit(0);
    }
    ::waitpid(host, nullptr, 0);
    state.SetIterationTime(seconds(now() - before));
  }
}

const ComparisonRegistration empty_round{
    {"round of two spinning seats, empty", round_ours, spin_together, Bar::steps_at_most, 400, 20}};
const ComparisonRegistration skew{{"round of two spinning seats, start skew", skew_ours,
                                   spin_together, Bar::steps_at_most, 40, 20}};
const ComparisonRegistration pass{
    {"pass of a crew: fork, start, reap", pass_ours, pass_plain, Bar::ratio_at_most, 2, 20}};

}  // namespace
}  // namespace convoy::self
