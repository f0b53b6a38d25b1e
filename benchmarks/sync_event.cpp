// One sets an event for which all others wait.
#include <atomic>

#include "harness/sync/event.hpp"
#include "harness/sync/proof.hpp"
#include "harness/sync/semaphore.hpp"
#include "harness/work/workload.hpp"

// In turn: who has been let go by one can wait for the other while the first is cleared.
static const convoy::Synced<convoy::Event> even{"even"}, odd{"odd"};
static const convoy::Synced<convoy::Semaphore> ready{"ready", 0};

namespace {
struct Call {  // written by worker 0 before it sets, read before the others are ready again
  std::int64_t set_at = 0;
  std::uint64_t number = 0;
  std::atomic<std::uint64_t> woken{0};  // relaxed: the semaphore orders it
};
}  // namespace
static const convoy::SharedState<Call> call;

static const convoy::Figure wake{"wake_ns", "ns", convoy::Combine::mean,
                                 "Time from setting the event until a waiting worker continues"};
static const convoy::Figure longest_wake{"wake_max_ns", "ns", convoy::Combine::max,
                                         "The longest of those"};
static const convoy::Figure count{"woken", "", convoy::Combine::mean, "Workers that it released"};

CONVOY_WORKLOAD(sync_event, sync, "Set an event that all others wait for", even, odd, ready, call,
                wake, longest_wake, count, convoy::WorkersNeedEachOther{},
                convoy::UsualWorkers{{2, 8}}, convoy::UnderFewLocks{}) {
  convoy::Event* const events[] = {&worker[even], &worker[odd]};
  convoy::Semaphore& others = worker[ready];
  Call& shared = worker[call];
  const auto waiting = static_cast<std::uint64_t>(worker.count()) - 1;
  for (std::uint64_t number = 1; worker.next(); ++number) {
    convoy::Event& event = *events[number % 2];
    if (worker.index() != 0) {
      others.release(worker);
      co_await event.wait(worker);
      const std::int64_t late = convoy::now().count() - shared.set_at;
      worker.report(wake, late);
      worker.report(longest_wake, late);
      convoy::expect(shared.number == number, worker, "event {} released a waiter of event {}",
                     shared.number, number);
      shared.woken.fetch_add(1, std::memory_order_relaxed);
    } else {
      for (std::uint64_t i = 0; i < waiting; ++i) co_await others.acquire(worker);
      const std::uint64_t woken = shared.woken.exchange(0, std::memory_order_relaxed);
      convoy::expect(woken == (number > 1 ? waiting : 0), worker,
                     "{} of {} continued after event {}", woken, waiting, number - 1);
      if (number > 1) worker.report(count, woken);
      events[(number + 1) % 2]->clear();
      shared.number = number;
      shared.set_at = convoy::now().count();
      event.set(worker);
    }
    worker.checkpoint();
    worker.keep(number);
  }
}
