// How late a worker that slept gets the lock back: at once, after an interval, or when the holder
// pleases.
#include "harness/work/workload.hpp"

using namespace std::chrono_literals;

static const convoy::Parameter wait{"wait", 1ms, "Length of one wait", 1us, 10s};
static const convoy::Parameter spread{"spread", 0ns,
                                      "Adds 0 to 7 eighths of this to the waits in turn, so that "
                                      "they do not fall into step with the lock's holder",
                                      0ns, 10s};
static const convoy::Parameter spinners{"spinners", 1,
                                        "Number of background workers that only compute", 0, 64};
static const convoy::Parameter between{"between", 100ns,
                                       "Time between two checkpoints of a spinner", 100ns, 1s};

static convoy::Task spinner(convoy::Worker& worker) {
  return convoy::spin(worker, worker[between]);
}

CONVOY_WORKLOAD(gil_reacquire, gil, "Sleep, then take the lock back from computing workers", wait,
                spread, spinners, between, convoy::MeasureLateness{},
                convoy::Background{spinners, spinner}, convoy::UsualWorkers{{1}}) {
  for (unsigned call = 0; worker.next(); ++call) {
    const auto length = worker[wait] + worker[spread] * (call % 8) / 8;
    const auto before = convoy::now();
    co_await worker.sleep(length);
    worker.keep(convoy::now() - before >= length);
  }
}
