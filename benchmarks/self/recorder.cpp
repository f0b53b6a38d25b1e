// What a recorded event and a recorded wait cost a seat, and that a seat without a recorder pays
// next to nothing.
#include <memory>
#include <vector>

#include "benchmarks/self/lock_comparison.hpp"
#include "harness/machine/state_recorder.hpp"

namespace convoy::self {
namespace {

// A seat's recorder with a buffer of the usual size, which it fills again and again.
struct Recorded {
  Recorded() : recorder(thread_clocks(meter), *record, events) { recorder.begin_round(now()); }

  ThreadMeter meter;
  std::unique_ptr<SeatRecord> record = std::make_unique<SeatRecord>();
  std::vector<TraceEvent> events = std::vector<TraceEvent>(65'536);
  StateRecorder recorder;
};

void event_ours(benchmark::State& state) {
  Recorded recorded;
  Recorder* recorder = &recorded.recorder;
  benchmark::DoNotOptimize(recorder);
  for ([[maybe_unused]] auto _ : state)
    recorder->note({.at = now(), .kind = EventKind::task_resumed});
}
void event_plain(benchmark::State& state) {
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(now());
}

void wait(benchmark::State& state, Recorder* recorder) {
  benchmark::DoNotOptimize(recorder);
  for ([[maybe_unused]] auto _ : state) {
    const RecordedWait waiting(recorder, WaitCause::io);
    benchmark::ClobberMemory();
  }
}
void wait_ours(benchmark::State& state) {
  Recorded recorded;
  wait(state, &recorded.recorder);
}
void wait_untold(benchmark::State& state) { wait(state, nullptr); }
void nothing(benchmark::State& state) {
  for ([[maybe_unused]] auto _ : state) benchmark::ClobberMemory();
}

template <bool recorded>
void pair(benchmark::State& state) {
  leave_single_thread();
  const auto gil = make_gil(parse_gil("cpython32"));
  const auto account = std::make_unique<SeatAccount>();
  const auto seat = std::make_unique<Seat>(*account);
  Recorded recorder;
  if (recorded) seat->recorder = &recorder.recorder;
  gil->admit(*seat);
  for ([[maybe_unused]] auto _ : state) {
    gil->acquire(*seat);
    benchmark::ClobberMemory();
    gil->release(*seat, ReleaseReason::yield);
  }
}

// 2 % of 10 us, for one event in that time.
const ComparisonRegistration event{
    {"recorder, one event", event_ours, event_plain, Bar::steps_at_most, 80}};
const ComparisonRegistration two_events{
    {"recorder, lock taken and released", pair<true>, pair<false>, Bar::more_steps_at_most, 80}};
// Two readings of the thread's clocks, each a system call, in a wait during which the thread runs.
const ComparisonRegistration readings{
    {"recorder, a wait's two readings", wait_ours, nothing, Bar::steps_at_most, 1200}};
const ComparisonRegistration untold{
    {"wait of a seat without a recorder", wait_untold, nothing, Bar::more_steps_at_most, 0.4}};

}  // namespace
}  // namespace convoy::self
