// Asking for a lock that is held, for a limited time: how late one gives up.
#include "harness/sync/barrier.hpp"
#include "harness/sync/mutex.hpp"
#include "harness/sync/proof.hpp"
#include "harness/work/workload.hpp"

using namespace std::chrono_literals;

static const convoy::Parameter patience{"limit", 1ms, "How long a worker waits", 1us, 10s};
static const convoy::Flag fair{"fair", false, "Keep the waiters in a queue"};

static const convoy::Synced<convoy::Mutex> lock{
    "lock", [](const convoy::Setup& setup) { return setup[fair]; }};
static const convoy::Synced<convoy::Barrier> all{
    "all", [](const convoy::Setup& setup) { return setup.workers(); }};

// One worker after the other is the holder, who asks for its own lock like the others.
CONVOY_WORKLOAD(sync_timed_lock, sync, "Wait for a held lock until a time limit", patience, fair,
                lock, all, convoy::MeasureLateness{}, convoy::WorkersNeedEachOther{},
                convoy::UsualWorkers{{1, 4}}, convoy::UnderFewLocks{}) {
  convoy::Mutex& mutex = worker[lock];
  convoy::Barrier& barrier = worker[all];
  for (int holder = 0; worker.next(); holder = (holder + 1) % worker.count()) {
    if (worker.index() == holder) co_await mutex.lock(worker);
    co_await barrier.wait(worker);
    const auto before = convoy::now();
    const bool locked = co_await mutex.lock(worker, worker[patience]);
    const auto late = convoy::now() - before - worker[patience];
    convoy::expect(!locked, worker, "got a lock that worker {} held", holder);
    convoy::expect(late >= 0ns, worker, "timed out before the limit");
    worker.note_lateness(late);
    co_await barrier.wait(worker);
    if (worker.index() == holder) mutex.unlock(worker);
    worker.checkpoint();
    worker.keep(locked);
  }
}
