// Timers that fire, and timers that are cancelled before: one worker after the other runs one, the
// next cancels it.
// lint: long because who runs it and who cancels it are to be read together
#include "harness/sync/barrier.hpp"
#include "harness/sync/proof.hpp"
#include "harness/sync/semaphore.hpp"
#include "harness/sync/timer.hpp"
#include "harness/work/workload.hpp"

using namespace std::chrono_literals;

static const convoy::Parameter interval{"interval", 1ms, "Time after which a timer fires", 1us,
                                        10s};

static const convoy::Synced<convoy::Timer> timer{"timer"}, half_way{"half_way"};
static const convoy::Synced<convoy::Semaphore> begun{"begun", 0};
static const convoy::Synced<convoy::Barrier> all{
    "all", [](const convoy::Setup& setup) { return setup.workers(); }};

namespace {
// Written by who cancels, read by who runs: before and after the barrier. Two in turn, so that the
// next is not written while this is read.
struct Outcome {
  bool cancelled = false;
  std::int64_t cancelled_at = 0;
};
struct Outcomes {
  Outcome of[2];
};
}  // namespace
static const convoy::SharedState<Outcomes> outcomes;

static const convoy::Figure cancelled{"cancelled", "", convoy::Combine::mean,
                                      "Share of the timers cancelled half way that did not fire"};
static const convoy::Figure wake{
    "cancel_wake_ns", "ns", convoy::Combine::mean,
    "Time from cancelling a timer until the worker that ran it continues"};

CONVOY_WORKLOAD(sync_timer, sync, "Let one timer fire, and cancel the next", interval, timer,
                half_way, begun, all, outcomes, cancelled, wake, convoy::MeasureLateness{},
                convoy::WorkersNeedEachOther{}, convoy::UsualWorkers{{1, 2}},
                convoy::UnderFewLocks{}) {
  for (int runner = 0, turn = 0; worker.next(); runner = (runner + 1) % worker.count(), turn ^= 1) {
    const bool runs = worker.index() == runner;
    Outcome& outcome = worker[outcomes].of[turn];
    bool again = false;
    std::int64_t ended_at = 0;
    if (runs) {
      const auto due = convoy::now() + worker[interval];
      const bool fired = co_await worker[timer].run(worker, worker[interval]);
      const auto late = convoy::now() - due;
      convoy::expect(fired && late >= 0ns, worker, "a timer did not fire, or fired early");
      worker.note_lateness(late);
    }
    if (worker.count() > 1 && runs) {
      worker[begun].release(worker);
      const bool fired = co_await worker[timer].run(worker, worker[interval]);
      ended_at = convoy::now().count();
      again = fired;
    } else if (worker.index() == (runner + 1) % worker.count() && !runs) {
      co_await worker[begun].acquire(worker);
      co_await worker[half_way].run(worker, worker[interval] / 2);
      outcome.cancelled_at = convoy::now().count();
      outcome.cancelled = worker[timer].cancel(worker);
    }
    co_await worker[all].wait(worker);
    if (worker.count() > 1 && runs) {
      worker.report(cancelled, outcome.cancelled ? 1 : 0);
      if (outcome.cancelled) worker.report(wake, ended_at - outcome.cancelled_at);
      convoy::expect(!again || !outcome.cancelled, worker, "a cancelled timer fired");
      convoy::expect(again || outcome.cancelled, worker, "a timer neither fired nor was cancelled");
    }
    worker.checkpoint();
    worker.keep(runs);
  }
}
