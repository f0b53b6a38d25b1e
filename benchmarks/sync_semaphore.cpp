// Everybody starts, and only some at a time are inside: what a pool of as many workers is compared
// with.
#include <atomic>

#include "harness/sync/proof.hpp"
#include "harness/sync/semaphore.hpp"
#include "harness/work/workload.hpp"

using namespace std::chrono_literals;

static const convoy::Parameter permits{"permits", 5, "Workers that may be inside at once", 1,
                                       1'000'000};
static const convoy::Parameter inside{"inside", 100us, "How long each waits inside", 1us, 10s};

static const convoy::Synced<convoy::Semaphore> room{
    "room", [](const convoy::Setup& setup) { return setup[permits]; }};
namespace {
// Relaxed: the semaphore orders them, and none is ever counted that is not inside.
struct Count {
  std::atomic<std::int64_t> inside{0};
};
}  // namespace
static const convoy::SharedState<Count> count;

static const convoy::Figure peak{"peak_inside", "", convoy::Combine::max,
                                 "Largest number of workers inside at once"};
static const convoy::Figure wait{"wait_ns", "ns", convoy::Combine::mean,
                                 "How long a worker waited to get inside"};

CONVOY_WORKLOAD(sync_semaphore, sync, "Wait inside a semaphore that admits a few workers at a time",
                permits, inside, room, count, peak, wait, convoy::UsualWorkers{{16}},
                convoy::UnderFewLocks{}) {
  convoy::Semaphore& semaphore = worker[room];
  std::atomic<std::int64_t>& number = worker[count].inside;
  while (worker.next()) {
    const auto before = convoy::now();
    co_await semaphore.acquire(worker);
    worker.report(wait, convoy::now() - before);
    const std::int64_t now_inside = number.fetch_add(1, std::memory_order_relaxed) + 1;
    convoy::expect(now_inside <= worker[permits], worker, "{} were inside with {} permits",
                   now_inside, worker[permits]);
    worker.report(peak, now_inside);
    co_await worker.sleep(worker[inside]);
    number.fetch_sub(1, std::memory_order_relaxed);
    semaphore.release(worker);
    worker.keep(now_inside > 0);
  }
}
