// A signal comes while the main worker sleeps, as in a join: what the others do until its handler
// can run.
#include "harness/work/workload.hpp"

using namespace std::chrono_literals;

static const convoy::Parameter wait{"wait", 20ms, "How long the main worker sleeps after a signal",
                                    1us, 10s};
static const convoy::Parameter spinners{"spinners", 2,
                                        "Number of background workers that only compute", 0, 64};
static const convoy::Parameter between{"between", 1us, "Time between two checkpoints of a spinner",
                                       1us, 1s};

// Bytecodes from checkpoint to checkpoint: fewer than after which the old lock is offered, so that
// a storm shows.
constexpr std::uint32_t kTicks = 20;

static convoy::Task spinner(convoy::Worker& worker) {
  return convoy::spin(worker, worker[between], kTicks);
}

CONVOY_WORKLOAD(gil_signal, gil, "Send a signal to a main worker that sleeps", wait, spinners,
                between, convoy::MeasureLateness{}, convoy::NoAnswer{},
                convoy::Background{spinners, spinner}, convoy::UsualWorkers{{1}}) {
  while (worker.next()) {
    worker.signal();
    co_await worker.sleep(worker[wait]);
    worker.checkpoint();  // here the handler runs, if this is the main worker
  }
}
