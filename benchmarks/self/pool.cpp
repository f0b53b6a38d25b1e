// Queues and pools, the pool against oneTBB's where that is installed.
#include <thread>
#include <vector>

#ifdef CONVOY_HAS_TBB
#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/partitioner.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>
#endif

#include "benchmarks/self/comparison.hpp"
#include "benchmarks/self/crew_of_one.hpp"
#include "harness/base/mapping.hpp"
#include "harness/loop/loop.hpp"
#include "harness/sync/pool.hpp"
#include "harness/sync/queue.hpp"

namespace convoy::self {
namespace {

// --- A queue that one coroutine puts to and gets from.
using Numbers = Queue<std::uint64_t>;

Task pass_repeatedly(Worker& worker, Numbers& queue, benchmark::State& state) {
  // What is put does not depend on what was got, so that the cost of putting and getting is seen
  // and not how long one item takes to go through.
  for (std::uint64_t number = 0; state.KeepRunning(); ++number) {
    co_await queue.put(worker, number);
    const std::uint64_t got = co_await queue.get(worker);
    if (got != number) state.SkipWithError("an item is not the one that was put");
  }
}

void queue_coroutines(benchmark::State& state) {
  CrewOfOne crew("none", "null");
  WaitTable table(1, {.alone = true});
  ObjectPlace place{&table, "queue"};
  const Mapping memory(Numbers::extra_bytes(place, 64));
  place.extra = static_cast<std::byte*>(memory.data());
  Numbers queue(place, 64);
  Loop loop(Engine::epoll, crew.gil(), crew.seat());
  Station station = crew.station(&loop, &table);
  Worker worker(station, 0);
  Task task = pass_repeatedly(worker, queue, state);
  task.resume();
  task.rethrow();
}

void plain_addition(benchmark::State& state) {
  std::uint64_t number = 0;
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(++number);
}

// 10 ns where a step takes 2 ns.
const ComparisonRegistration of_queue{
    {"queue put and get, coroutines", queue_coroutines, plain_addition, Bar::steps_at_most, 5}};

#ifdef CONVOY_HAS_TBB
// --- A pool of one thread beside the one that submits: as many as oneTBB has with two.
constexpr int kTasks = 1000;

// What a wait that blocks returns.
template <class Wait>
auto now_of(Wait&& wait) {
  wait.await_ready();
  return wait.await_resume();
}

class PoolOfOne {
 public:
  PoolOfOne()
      : table_(2, {.may_spin = true}),
        place_{&table_, "pool"},
        memory_(Pool::extra_bytes(place_, kSize)) {
    place_.extra = static_cast<std::byte*>(memory_.data());
    pool_ = std::make_unique<Pool>(place_, kSize);
    server_ = std::thread([this] {
      CrewOfOne crew("none", "null");
      Station station = crew.station(nullptr, &table_);
      Worker worker(station, 1);
      while (const Job job = now_of(pool_->next(worker))) job.run(worker);
    });
  }
  PoolOfOne(const PoolOfOne&) = delete;
  ~PoolOfOne() {
    pool_->close();
    server_.join();
  }
  Pool& pool() { return *pool_; }
  Worker& worker() { return worker_; }

 private:
  static constexpr PoolSize kSize{1, 1024};

  WaitTable table_;
  ObjectPlace place_;
  Mapping memory_;
  CrewOfOne client_{"none", "null"};
  std::unique_ptr<Pool> pool_;
  Station station_ = client_.station(nullptr, &table_);
  Worker worker_{station_, 0};
  std::thread server_;
};

int nothing(Worker&, int number) { return number; }

void submit(benchmark::State& state) {
  PoolOfOne crew;
  std::vector<Future<int>> futures;
  futures.reserve(kTasks);
  while (state.KeepRunningBatch(kTasks)) {
    futures.clear();
    for (int i = 0; i < kTasks; ++i)
      futures.push_back(now_of(crew.pool().submit(crew.worker(), &nothing, i)));
    crew.pool().help(crew.worker());  // as task_group::wait() does
    int sum = 0;
    for (const Future<int>& future : futures) sum += now_of(future.result(crew.worker()));
    benchmark::DoNotOptimize(sum);
  }
}

void task_group(benchmark::State& state) {
  tbb::task_arena arena(2);
  arena.execute([&state] {
    tbb::task_group group;
    std::vector<int> results(kTasks);
    while (state.KeepRunningBatch(kTasks)) {
      for (int i = 0; i < kTasks; ++i)
        group.run([&results, i] { results[static_cast<std::size_t>(i)] = i; });
      group.wait();
      benchmark::DoNotOptimize(results.data());
    }
  });
}

std::int64_t number_itself(Worker&, std::int64_t number) { return number; }

void map(benchmark::State& state) {
  PoolOfOne crew;
  std::vector<std::int64_t> results(kTasks);
  while (state.KeepRunningBatch(kTasks)) {
    const Future<std::int64_t> all =
        crew.pool().map(crew.worker(), &number_itself, kTasks, 1, results.data());
    benchmark::DoNotOptimize(now_of(all.result(crew.worker())));
  }
}

void parallel_for(benchmark::State& state) {
  tbb::task_arena arena(2);
  arena.execute([&state] {
    std::vector<std::int64_t> results(kTasks);
    while (state.KeepRunningBatch(kTasks)) {
      tbb::parallel_for(
          tbb::blocked_range<std::size_t>(0, kTasks, 1),
          [&](const tbb::blocked_range<std::size_t>& range) {
            for (std::size_t i = range.begin(); i != range.end(); ++i)
              results[i] = static_cast<std::int64_t>(i);
          },
          tbb::simple_partitioner());
      benchmark::DoNotOptimize(results.data());
    }
  });
}

const ComparisonRegistration of_submit{{"an empty task of a pool, against oneTBB's task_group",
                                        submit, task_group, Bar::ratio_at_most, 1.0}};
const ComparisonRegistration of_map{
    {"a map of nothing, one at a time, against oneTBB's parallel_for", map, parallel_for,
     Bar::ratio_at_most, 1.25}};
#endif

}  // namespace
}  // namespace convoy::self
