#include "harness/measure/timeline.hpp"

#include <algorithm>
#include <optional>

#include "harness/work/operation.hpp"

namespace convoy {
namespace {

// Grows a seat's slices event by event; each begins where the last one ends.
class StateSlices {
 public:
  explicit StateSlices(const SeatTrace& trace) {
    const SeatStates& states = trace.record.states;
    push({states.arrived, states.begin.wall, SeatState::start_line});
    // What came before the oldest event that was kept is not known.
    if (trace.record.events.dropped(trace.events.size()) == 0) last_ = states.begin.wall;
  }

  void add(const TraceEvent& event) {
    const nanoseconds delay(event.argument);
    if (event.kind == EventKind::wait_begun || event.kind == EventKind::round_ended) {
      if (last_)
        push({.begin = *last_, .end = event.at, .state = SeatState::running, .runnable = delay});
      last_ = event.at;
      waiting_ = event.kind == EventKind::wait_begun;
    } else if (event.kind == EventKind::wait_ended) {
      if (last_ && waiting_) push_wait(*last_, event, delay);
      last_ = event.at;
      waiting_ = false;
    }
  }

  std::vector<StateSlice> take() { return std::move(slices_); }

 private:
  void push(const StateSlice& slice) {
    if (slice.end > slice.begin) slices_.push_back(slice);
  }
  // Woken and without a CPU: that is mostly the end of it.
  void push_wait(nanoseconds begin, const TraceEvent& event, nanoseconds delay) {
    const nanoseconds woken = std::max(begin, event.at - delay);
    push({begin, woken, SeatState::waiting, event.cause, event.detail});
    push({.begin = woken, .end = event.at, .state = SeatState::runnable});
  }

  std::vector<StateSlice> slices_;
  std::optional<nanoseconds> last_;
  bool waiting_ = false;
};

}  // namespace

std::vector<StateSlice> state_slices(const SeatTrace& trace) {
  StateSlices slices(trace);
  for (const TraceEvent& event : trace.events) slices.add(event);
  return slices.take();
}

nanoseconds known_from(const SeatTrace& trace) {
  if (trace.record.events.dropped(trace.events.size()) == 0) return nanoseconds::min();
  for (const StateSlice& slice : state_slices(trace))
    if (slice.state != SeatState::start_line) return slice.begin;
  return nanoseconds::max();
}

std::vector<TaskSlice> task_slices(const SeatTrace& trace) {
  std::vector<TaskSlice> slices;
  const TraceEvent* resumed = nullptr;  // one at a time on a seat
  for (const TraceEvent& event : trace.events) {
    if (event.kind == EventKind::task_resumed) resumed = &event;
    if (event.kind != EventKind::task_suspended) continue;
    if (resumed != nullptr && resumed->worker == event.worker)
      slices.push_back({event.worker, resumed->at, event.at, resumed->detail});
    resumed = nullptr;
  }
  return slices;
}

std::vector<Hold> holds_of(const std::vector<SeatTrace>& traces, std::span<const int> seats) {
  std::vector<Hold> holds;
  for (const int seat : seats) {
    std::optional<nanoseconds> taken;
    for (const TraceEvent& event : traces[static_cast<std::size_t>(seat)].events) {
      if (event.kind == EventKind::gil_taken) taken = event.at;
      if (event.kind != EventKind::gil_released || !taken) continue;
      holds.push_back({seat, *taken, event.at, static_cast<ReleaseReason>(event.detail)});
      taken.reset();
    }
  }
  std::sort(holds.begin(), holds.end(),
            [](const Hold& a, const Hold& b) { return a.begin < b.begin; });
  return holds;
}

std::vector<Handover> handovers_of(std::span<const Hold> holds) {
  std::vector<Handover> handovers;
  for (std::size_t i = 1; i < holds.size(); ++i)
    if (holds[i].seat != holds[i - 1].seat && holds[i - 1].end <= holds[i].begin)
      handovers.push_back({holds[i - 1].seat, holds[i].seat, holds[i - 1].end, holds[i].begin});
  return handovers;
}

std::vector<int> holders_between(std::span<const Hold> holds, nanoseconds begin, nanoseconds end) {
  std::vector<int> holders;
  for (const Hold& hold : holds)
    if (hold.begin < end && hold.end > begin &&
        std::find(holders.begin(), holders.end(), hold.seat) == holders.end())
      holders.push_back(hold.seat);
  return holders;
}

std::string kind_name(WaitCause cause, std::uint8_t kind, const SeatRecord& record) {
  if (cause == WaitCause::lock) return record.lock_names[kind % kWaitKinds].data();
  if (kind == kPollKind) return "poll";
  return name_of(static_cast<Suspension::Kind>(kind));
}

std::string wait_name(WaitCause cause, std::uint8_t kind, const SeatRecord& record) {
  switch (cause) {
    case WaitCause::gil: return "gil";
    case WaitCause::lock: return "lock: " + kind_name(cause, kind, record);
    case WaitCause::io: return "io: " + kind_name(cause, kind, record);
    case WaitCause::sleep: break;
  }
  return "sleep";
}

}  // namespace convoy
