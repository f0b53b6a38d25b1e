#include "harness/machine/state_recorder.hpp"

#include <string_view>

namespace convoy {
namespace {

// Operations may be many more than a trace is good for.
constexpr nanoseconds kBetweenOperations = std::chrono::microseconds(10);

struct ThreadClocks {
  const ThreadMeter* meter;

  static nanoseconds wall() { return now(); }
  static nanoseconds cpu() { return thread_cpu_time(); }
  nanoseconds run_delay() const { return meter->run_delay().value_or(nanoseconds(0)); }
};

}  // namespace

StateRecorder::Read thread_clocks(const ThreadMeter& meter) {
  return [clock = JointClock(ThreadClocks{&meter})]() mutable { return clock.read(); };
}

StateRecorder::StateRecorder(Read read, SeatRecord& record, std::span<TraceEvent> events)
    : read_(std::move(read)),
      record_(record),
      ledger_(record.states),
      ring_(events, record.events) {}

void StateRecorder::begin_round(nanoseconds arrived) {
  ring_.clear();
  record_.asks = 0;
  depth_ = 0;
  last_operation_ = nanoseconds(0);
  ledger_.begin_round(read_(), arrived);
}

void StateRecorder::end_round() {
  const Reading reading = read_();
  const nanoseconds delay = ledger_.end_round(reading);
  ring_.push({.at = reading.wall, .argument = delay.count(), .kind = EventKind::round_ended});
}

void StateRecorder::begin_wait(WaitCause cause, std::uint8_t kind) {
  if (depth_++ > 0) return;
  const Reading reading = read_();
  const nanoseconds delay = ledger_.begin_wait(reading, cause, kind);
  ring_.push({.at = reading.wall,
              .argument = delay.count(),
              .kind = EventKind::wait_begun,
              .cause = cause,
              .detail = kind});
}

void StateRecorder::end_wait() {
  if (--depth_ > 0) return;
  const Reading reading = read_();
  const nanoseconds delay = ledger_.end_wait(reading);
  ring_.push({.at = reading.wall,
              .argument = delay.count(),
              .kind = EventKind::wait_ended,
              .cause = ledger_.cause(),
              .detail = ledger_.kind()});
}

std::uint8_t StateRecorder::kind_of_lock(const char* name) {
  auto& names = record_.lock_names;
  const auto wanted = std::string_view(name).substr(0, names.front().size() - 1);
  for (std::size_t kind = 0; kind < names.size(); ++kind) {
    const std::string_view known(names[kind].data());
    if (known == wanted) return static_cast<std::uint8_t>(kind);
    if (!known.empty()) continue;
    wanted.copy(names[kind].data(), wanted.size());
    return static_cast<std::uint8_t>(kind);
  }
  return kWaitKinds - 1;  // so many names share the last
}

void StateRecorder::note(const TraceEvent& event) {
  if (event.kind == EventKind::gil_asked) ++record_.asks;
  if (event.kind == EventKind::operation) {
    if (event.at - last_operation_ < kBetweenOperations) return;
    last_operation_ = event.at;
  }
  ring_.push(event);
}

}  // namespace convoy
