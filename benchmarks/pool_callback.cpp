// Tasks of a pool that nobody asks for: what came of each is told to a callback, also where it
// threw.
// lint: long because what is told is proved to be all there is
#include <atomic>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include "harness/sync/proof.hpp"
#include "harness/sync/server.hpp"
#include "harness/sync/wait_group.hpp"
#include "harness/work/workload.hpp"

using namespace std::chrono_literals;

static const convoy::Parameter fail_every{"fail_every", 0, "One task in this many throws; 0: none",
                                          0, 1'000'000};
static const convoy::Parameter length{"task", 0us, "How long a task computes", 0us, 10ms};
static const convoy::Parameter capacity{"capacity", 64,
                                        "Tasks that may be submitted and unfinished", 1, 100'000};
constexpr std::int64_t kTimed = 8;  // one in so many is timed: reading a clock takes long

namespace {
struct Order {
  std::int64_t number = 0;
  std::int64_t handed_in_at = 0;  // on the clock of now(), in ns; 0: not timed
};
// Relaxed: each is added to before the task is done with, and read once all are.
struct Told {
  std::atomic<std::int64_t> results{0}, failures{0};
  std::atomic<std::uint64_t> marks{0};
};
}  // namespace

static const convoy::Synced<convoy::Pool> pool{
    "pool", [](const convoy::Setup& setup) {
      return convoy::PoolSize{convoy::servers_of(setup.workers()), setup[capacity]};
    }};
static const convoy::Synced<convoy::WaitGroup> under_way{"under_way"};
static const convoy::SharedState<Told> told;
static const convoy::Shared<convoy::Speed> speed{convoy::Speed::measure};

static const convoy::Figure callback_time{
    "callback_ns", "ns", convoy::Combine::mean,
    "Time from submitting a task to its callback, for tasks that do not throw"};
static const convoy::Figure longest{"callback_max_ns", "ns", convoy::Combine::max,
                                    "The longest of those"};
static const convoy::Figure failed{"failures", "", convoy::Combine::per_operation,
                                   "Share of tasks that threw"};

static bool fails(std::int64_t number, std::int64_t every) {
  return every > 0 && (number + 1) % every == 0;
}

constexpr std::string_view kWrong = "task ";

static Order do_task(convoy::Worker& server, Order order) {
  const std::int64_t steps = server[speed].steps(server[length]);
  convoy::compute(server, 2 * static_cast<std::uint64_t>(order.number) + 1, steps);
  if (fails(order.number, server[fail_every]))
    throw std::runtime_error(std::string(kWrong) + std::to_string(order.number));
  return order;
}

static void be_told(convoy::Worker& server, const convoy::TaskOutcome<Order>& outcome) {
  Told& all = server[told];
  std::int64_t number = -1;
  if (outcome.result) {
    number = outcome.result->number;
    all.results.fetch_add(1, std::memory_order_relaxed);
    if (outcome.result->handed_in_at != 0) {
      const std::int64_t time = convoy::now().count() - outcome.result->handed_in_at;
      server.report(callback_time, time);
      server.report(longest, time);
    }
  } else {
    const std::string_view said =
        outcome.error.substr(std::min(kWrong.size(), outcome.error.size()));
    std::from_chars(said.data(), said.data() + said.size(), number);
    all.failures.fetch_add(1, std::memory_order_relaxed);
  }
  all.marks.fetch_add(convoy::mark_of(number), std::memory_order_relaxed);
  server[under_way].done(server);  // which says so where there are more than tasks
}

static void check(convoy::Worker& worker, std::int64_t tasks, std::uint64_t marks) {
  const Told& all = worker[told];
  const std::int64_t every = worker[fail_every];
  const std::int64_t wrong = every > 0 ? tasks / every : 0;
  convoy::expect(all.results == tasks - wrong && all.failures == wrong, worker,
                 "callbacks received {} results and {} failures instead of {} and {}",
                 all.results.load(), all.failures.load(), tasks - wrong, wrong);
  convoy::expect(all.marks == marks, worker,
                 "of {} tasks, one was reported twice to its callback, and one never", tasks);
  worker.report(failed, wrong);
}

static convoy::Task hand_in(convoy::Worker& worker) {
  convoy::Pool& servers = worker[pool];
  convoy::WaitGroup& waiting = worker[under_way];
  const auto tasks = static_cast<std::int64_t>(worker.remaining()) * worker.count();
  std::uint64_t marks = 0;
  waiting.add(static_cast<std::uint32_t>(tasks));
  for (std::int64_t number = 0; number < tasks; ++number) {
    worker.next();
    Order order{number, 0};
    if (number % kTimed == 0) order.handed_in_at = convoy::now().count();
    marks += convoy::mark_of(number);
    const convoy::Future<Order> nobodys =
        co_await servers.submit(worker, &do_task, order, &be_told);
    nobodys.detach();
    if (worker.count() == 1) servers.try_next(worker).run(worker);
    worker.checkpoint();
  }
  co_await waiting.wait(worker);
  servers.close();
  check(worker, tasks, marks);
  while (worker.next()) continue;
}

CONVOY_WORKLOAD(pool_callback, pool, "Submit tasks whose results go to a callback", fail_every,
                length, capacity, pool, under_way, told, speed, callback_time, longest, failed,
                convoy::NoAnswer{}, convoy::WorkersNeedEachOther{}, convoy::UsualWorkers{{2, 4}},
                convoy::UsualValues{fail_every, {"0", "8"}}, convoy::UnderFewLocks{}) {
  return worker.index() == 0 ? hand_in(worker) : convoy::serve(worker, pool);
}
