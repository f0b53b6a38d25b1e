// So many at once, as far as each model goes: every worker sleeps, and what is measured is how late
// they wake, what one takes of CPU and memory, and where it ends.
#include "harness/work/workload.hpp"

using namespace std::chrono_literals;

static const convoy::Parameter wait{"wait", 10ms, "How long each task sleeps", 1us, 10s};

CONVOY_WORKLOAD(fanout_sleep, fanout, "Sleep, all tasks at once", wait, convoy::MeasureLateness{},
                convoy::ClimbsUntilRefused{}, convoy::OperationCosts{nullptr, &wait},
                convoy::UsualWorkers{{1, 10, 100, 1000, 10'000, 100'000, 1'000'000}},
                convoy::UnderFewLocks{{"none"}},
                convoy::InQuick{wait, {"10ms"}, {"threads", "processes", "coroutines"}, 10},
                convoy::InQuick{wait, {"10ms"}, {"threads", "processes", "coroutines"}, 1000},
                convoy::InQuick{wait, {"10ms"}, {"threads", "processes", "coroutines"}, 100'000},
                convoy::InQuick{wait, {"10ms"}, {"coroutines"}, 1'000'000}) {
  while (worker.next()) {
    co_await worker.sleep(worker[wait]);
    worker.keep(1);
  }
}
