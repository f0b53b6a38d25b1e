// Work of which a part is done under a lock: how much the others can do meanwhile.
#include "harness/sync/mutex.hpp"
#include "harness/sync/proof.hpp"
#include "harness/work/workload.hpp"

using namespace std::chrono_literals;

static const convoy::Parameter percent{"percent", 25,
                                       "Percentage of the work done with the lock held", 0, 100};
static const convoy::Parameter work{"work", 50us, "Work of one operation", 1us, 1s};

static const convoy::Synced<convoy::Mutex> lock{"lock"};
static const convoy::SharedState<convoy::Solitude> solitude;
static const convoy::Shared<convoy::Speed> speed{convoy::Speed::measure};

CONVOY_WORKLOAD(critical_section, sync, "Do part of the work under a lock", percent, work, lock,
                solitude, speed, convoy::UsualWorkers{{4}},
                convoy::UsualValues{percent, {"0", "25", "100"}}, convoy::UnderFewLocks{}) {
  convoy::Mutex& mutex = worker[lock];
  const std::int64_t all = worker[speed].steps(worker[work]);
  const std::int64_t held = all * worker[percent] / 100;
  std::uint64_t state = static_cast<std::uint64_t>(worker.index()) + 1;
  while (worker.next()) {
    state = convoy::compute(state, all - held);
    worker.checkpoint();
    if (held > 0) {
      co_await mutex.lock(worker);
      worker[solitude].enter(worker);
      state = convoy::compute(state, held);
      worker.checkpoint();
      worker[solitude].leave(worker);
      mutex.unlock(worker);
    }
    worker.keep(state != 0);
  }
}
