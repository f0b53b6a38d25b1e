// What a lock costs that its holder may take again, beside one that it may not.
#include "harness/sync/mutex.hpp"
#include "harness/sync/proof.hpp"
#include "harness/work/workload.hpp"

static const convoy::Choice which{"lock", {"rlock", "mutex"}, "Kind of the lock"};
static const convoy::Parameter depth{
    "depth", 1, "How often it is taken: an rlock nested, a mutex one time after another", 1, 1'000};

static const convoy::Synced<convoy::RLock> rlock{"rlock"};
static const convoy::Synced<convoy::Mutex> mutex{"mutex"};
static const convoy::SharedState<convoy::Solitude> solitude;

static const convoy::Figure pair{"pair_ns", "ns", convoy::Combine::mean,
                                 "Time to take the lock once and release it once"};

constexpr int kTimes = 100;  // in an operation, so that it takes longer than a look at the clock

CONVOY_WORKLOAD(sync_rlock, sync, "Take and release a lock a hundred times", which, depth, rlock,
                mutex, solitude, pair, convoy::UsualWorkers{{1}},
                convoy::UsualValues{which, {"rlock", "mutex"}}, convoy::UnderFewLocks{}) {
  convoy::RLock& recursive = worker[rlock];
  convoy::Mutex& plain = worker[mutex];
  convoy::Solitude& alone = worker[solitude];
  const std::int64_t deep = worker[depth];
  const bool nests = worker[which] == 0;
  while (worker.next()) {
    const auto before = convoy::now();
    for (int i = 0; nests && i < kTimes; ++i) {
      for (std::int64_t level = 0; level < deep; ++level) co_await recursive.lock(worker);
      alone.enter(worker);
      alone.leave(worker);
      for (std::int64_t level = 0; level < deep; ++level) recursive.unlock(worker);
    }
    for (std::int64_t i = 0; !nests && i < kTimes * deep; ++i) {
      co_await plain.lock(worker);
      alone.enter(worker);
      alone.leave(worker);
      plain.unlock(worker);
    }
    worker.report(pair, static_cast<double>((convoy::now() - before).count()) /
                            static_cast<double>(kTimes * deep));
    worker.checkpoint();
    worker.keep(deep);
  }
}
