// How late a worker that slept gets the lock back: at once, after an interval, or when the holder
// pleases.
#include "harness/work/workload.hpp"

using namespace std::chrono_literals;

static const convoy::Parameter wait{"wait", 1ms, "How long one call waits", 1us, 10s};
static const convoy::Parameter spinners{"spinners", 1, "Workers that only compute meanwhile", 0,
                                        64};
static const convoy::Parameter between{"between", 100ns, "A spinner's time between two checkpoints",
                                       100ns, 1s};

static convoy::Task spinner(convoy::Worker& worker) {
  return convoy::spin(worker, worker[between]);
}

CONVOY_WORKLOAD(gil_reacquire, gil, "Sleep, and take the lock back from workers that compute", wait,
                spinners, between, convoy::MeasureLateness{}, convoy::Background{spinners, spinner},
                convoy::UsualWorkers{{1}}) {
  while (worker.next()) {
    const auto before = convoy::now();
    co_await worker.sleep(worker[wait]);
    worker.keep(convoy::now() - before >= worker[wait]);
  }
}
