// One notifies those that wait for a condition, so many at a time.
// lint: long because who notifies and who waits are to be read together
#include <algorithm>

#include "harness/sync/condition.hpp"
#include "harness/sync/proof.hpp"
#include "harness/sync/semaphore.hpp"
#include "harness/work/workload.hpp"

static const convoy::Parameter notify{"notify", 1, "How many workers are woken at a time", 1,
                                      1'000'000};

static const convoy::Synced<convoy::Mutex> lock{"lock"};
static const convoy::Synced<convoy::Condition> changed{"changed"};
static const convoy::Synced<convoy::Semaphore> ready{"ready", 0}, answers{"answers", 0};

namespace {
struct Call {  // under the lock
  std::int64_t notified_at = 0, woken = 0;
};
}  // namespace
static const convoy::SharedState<Call> call;

static const convoy::Figure wake{"wake_ns", "ns", convoy::Combine::mean,
                                 "Time from the notification until a worker has the lock again"};
static const convoy::Figure longest_wake{"wake_max_ns", "ns", convoy::Combine::max,
                                         "The longest of those"};
static const convoy::Figure count{"woken", "", convoy::Combine::mean,
                                  "Workers that continued after one notification"};

CONVOY_WORKLOAD(sync_condition, sync, "Notify workers that wait for a condition", notify, lock,
                changed, ready, answers, call, wake, longest_wake, count,
                convoy::WorkersNeedEachOther{}, convoy::UsualWorkers{{8}},
                convoy::UsualValues{notify, {"1", "7"}}, convoy::UnderFewLocks{}) {
  convoy::Mutex& mutex = worker[lock];
  convoy::Condition& condition = worker[changed];
  convoy::Semaphore &waiting = worker[ready], &gone = worker[answers];
  Call& shared = worker[call];
  while (worker.next()) {
    if (worker.index() != 0) {
      co_await mutex.lock(worker);
      waiting.release(worker);  // under the lock, so that nobody notifies before it waits
      co_await condition.wait(worker, mutex);
      const std::int64_t late = convoy::now().count() - shared.notified_at;
      ++shared.woken;
      mutex.unlock(worker);
      worker.report(wake, late);
      worker.report(longest_wake, late);
      gone.release(worker);
    } else {
      for (int i = 1; i < worker.count(); ++i) co_await waiting.acquire(worker);
      for (std::int64_t left = worker.count() - 1; left > 0;) {
        const std::int64_t wanted = std::min(worker[notify], left);
        co_await mutex.lock(worker);
        shared.woken = 0;
        shared.notified_at = convoy::now().count();
        const int told = condition.notify(worker, mutex, static_cast<int>(wanted));
        mutex.unlock(worker);
        convoy::expect(told == wanted, worker, "notified {} instead of {}", told, wanted);
        for (std::int64_t i = 0; i < wanted; ++i) co_await gone.acquire(worker);
        co_await mutex.lock(worker);
        const std::int64_t woken = shared.woken;
        mutex.unlock(worker);
        convoy::expect(woken == wanted, worker, "{} continued instead of {}", woken, wanted);
        worker.report(count, woken);
        left -= wanted;
      }
    }
    worker.checkpoint();
    worker.keep(true);
  }
}
