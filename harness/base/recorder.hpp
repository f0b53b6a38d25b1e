// What a seat tells of itself while a round is recorded: each wait, and what its lock and its tasks
// do.
#pragma once

#include <cstddef>
#include <cstdint>

#include "harness/base/clock.hpp"

namespace convoy {

// Why a seat waits, and for the cause `io` in which call: a Suspension::Kind, or kPollKind.
enum class WaitCause : std::uint8_t { gil, lock, io, sleep };
constexpr std::size_t kWaitCauses = 4;
constexpr std::size_t kWaitKinds = 16;
// An event loop waits for all its workers.
constexpr std::uint8_t kPollKind = kWaitKinds - 1;

enum class EventKind : std::uint8_t {
  wait_begun,      // cause, detail: its kind; argument: run delay since the last wait ended, in ns
  wait_ended,      // the same; argument: run delay within the wait, in ns
  gil_taken,       // argument: for how long it was waited for, in ns; 0: it was free
  gil_released,    // detail: a ReleaseReason
  gil_asked,       // a waiter asked the holder to let go
  task_resumed,    // worker; detail: the Suspension::Kind it had waited in, or kTaskStarts
  task_suspended,  // worker
  operation,       // worker; argument: how many operations it has left after this one
  round_ended,     // argument: run delay since the last wait ended, in ns
};
constexpr std::uint8_t kTaskStarts = 255;

// One line of a trace. Trivially copyable, so that it can live in memory shared between processes.
struct TraceEvent {
  nanoseconds at{0};  // on the clock of now()
  std::int64_t argument = 0;
  std::uint32_t worker = 0;
  EventKind kind = EventKind::wait_begun;
  WaitCause cause = WaitCause::gil;
  std::uint8_t detail = 0;
};
static_assert(sizeof(TraceEvent) == 24);

// Where a seat has one, it is told. Called by the seat alone, from its own thread; never blocks.
class Recorder {
 public:
  virtual ~Recorder() = default;

  // The seat is about to block, and is back. What is waited for within a wait belongs to the outer
  // one.
  virtual void begin_wait(WaitCause cause, std::uint8_t kind) = 0;
  virtual void end_wait() = 0;
  // The kind of WaitCause::lock that stands for objects of this name.
  virtual std::uint8_t kind_of_lock(const char* name) = 0;
  virtual void note(const TraceEvent& event) = 0;
};

// Tells a recorder, where there is one, of a wait that lasts for a scope.
class RecordedWait {
 public:
  RecordedWait(Recorder* recorder, WaitCause cause, std::uint8_t kind = 0) : recorder_(recorder) {
    if (recorder_ != nullptr) [[unlikely]]
      recorder_->begin_wait(cause, kind);
  }
  // For an object that workers wait for each other on.
  RecordedWait(Recorder* recorder, const char* lock) : recorder_(recorder) {
    if (recorder_ != nullptr) [[unlikely]]
      recorder_->begin_wait(WaitCause::lock, recorder_->kind_of_lock(lock));
  }
  RecordedWait(const RecordedWait&) = delete;
  ~RecordedWait() {
    if (recorder_ != nullptr) [[unlikely]]
      recorder_->end_wait();
  }

 private:
  Recorder* recorder_;
};

// The same of a task that is resumed for a scope.
class RecordedTask {
 public:
  RecordedTask(Recorder* recorder, int worker, std::uint8_t after)
      : recorder_(recorder), worker_(static_cast<std::uint32_t>(worker)) {
    if (recorder_ != nullptr) [[unlikely]]
      recorder_->note(
          {.at = now(), .worker = worker_, .kind = EventKind::task_resumed, .detail = after});
  }
  RecordedTask(const RecordedTask&) = delete;
  ~RecordedTask() {
    if (recorder_ != nullptr) [[unlikely]]
      recorder_->note({.at = now(), .worker = worker_, .kind = EventKind::task_suspended});
  }

 private:
  Recorder* recorder_;
  std::uint32_t worker_;
};

}  // namespace convoy
