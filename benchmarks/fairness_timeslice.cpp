// A group with one thread beside a group with three on one CPU: how much of it each group gets. The
// groups are processes or, where workers are threads, parts of one.
// lint: long because threads are bound and their CPU time is read
#include <sched.h>

#include <stdexcept>
#include <thread>
#include <vector>

#include "harness/sync/barrier.hpp"
#include "harness/work/workload.hpp"

using namespace std::chrono_literals;

static const convoy::Parameter window{"window", 50ms, "How long all groups compute at once", 5ms,
                                      10s};

namespace {
struct Shares {
  cpu_set_t cpu;                             // that of worker 0; before the first barrier
  std::atomic<std::int64_t> one{0}, all{0};  // CPU time; the barrier orders them
};
}  // namespace
static const convoy::SharedState<Shares> shares;
static const convoy::Synced<convoy::Barrier> barrier{
    "window", [](const convoy::Setup& setup) { return setup.workers(); }};

static const convoy::Figure share{
    "one_thread_share", "", convoy::Combine::mean,
    "Share of all CPU time that groups of one thread get: with two workers 0.25 if the scheduler "
    "treats threads equally, 0.5 if groups"};
static const convoy::Figure obtained{
    "cpus_used", "", convoy::Combine::mean,
    "CPUs that all groups used together: less than 1 if other programs ran on that CPU"};

static void bind_here(const cpu_set_t& cpu) {
  if (::sched_setaffinity(0, sizeof cpu, &cpu) != 0)
    convoy::throw_errno("sched_setaffinity", "let this process choose among its CPUs");
}

// The first CPU of those that the calling thread may use.
static cpu_set_t first_cpu() {
  cpu_set_t allowed, first;
  CPU_ZERO(&first);
  if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0)
    convoy::throw_errno("sched_getaffinity", "measure on a machine of at most 1024 CPUs");
  for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&first) == 0; ++cpu)
    if (CPU_ISSET(cpu, &allowed)) CPU_SET(cpu, &first);
  return first;
}

// CPU time that so many threads get on `cpu` until then.
static std::int64_t compete(int threads, const cpu_set_t& cpu, std::chrono::nanoseconds until) {
  std::atomic<std::int64_t> got{0};
  {
    std::vector<std::jthread> group;
    for (int i = 0; i < threads; ++i)
      group.emplace_back([&] {
        bind_here(cpu);
        while (convoy::now() < until) continue;
        got += convoy::thread_cpu_time().count();
      });
  }
  return got;
}

CONVOY_WORKLOAD(fairness_timeslice, fairness,
                "Compute in one thread, or in three for workers of odd index, all on one CPU",
                window, shares, barrier, share, obtained, convoy::NoAnswer{},
                convoy::WorkersNeedEachOther{}, convoy::WorkersNeedSeats{},
                convoy::UsualWorkers{{2}}) {
  Shares& all = worker[shares];
  convoy::Barrier& together = worker[barrier];
  const int threads = worker.index() % 2 == 0 ? 1 : 3;
  if (worker.index() == 0) all.cpu = first_cpu();
  while (worker.next()) {
    co_await together.wait(worker);
    const auto until = convoy::now() + worker[window];
    const std::int64_t got = worker.native([&] { return compete(threads, all.cpu, until); });
    if (threads == 1) all.one += got;
    all.all += got;
    const int place = co_await together.wait(worker);
    if (place + 1 < worker.count()) continue;
    const auto sum = static_cast<double>(all.all.exchange(0));
    worker.report(share, static_cast<double>(all.one.exchange(0)) / sum);
    worker.report(obtained, sum / static_cast<double>(worker[window].count()));
  }
}
