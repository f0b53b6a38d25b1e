// Waiting a while: the ideal network call, which needs nothing but a timer.
#include "harness/work/workload.hpp"

using namespace std::chrono_literals;

static const convoy::Parameter wait{"wait", 1ms, "Length of one wait", 1us, 10s};

CONVOY_WORKLOAD(io_sleep, io, "Sleep: an ideal network call", wait, convoy::MeasureLateness{},
                convoy::OperationCosts{nullptr, &wait}) {
  while (worker.next()) {
    const auto before = convoy::now();
    co_await worker.sleep(worker[wait]);
    worker.keep(convoy::now() - before >= worker[wait]);
  }
}
