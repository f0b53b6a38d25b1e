// Timer: waits for a time, unless somebody cancels it.
#pragma once

#include "harness/sync/object.hpp"

namespace convoy {

// CPython's threading.Timer without the thread: the worker that runs it waits itself.
class Timer : public SyncObject {
 public:
  explicit Timer(const ObjectPlace& place) : SyncObject(place, "timer", FreedBy::anybody) {}

  // co_await run(worker, interval): true when it has fired after the interval, false when it was
  // cancelled. Throws SyncError where another worker runs it.
  SyncWait<Timer> run(Worker& worker, nanoseconds interval) {
    return {*this, worker, now() + interval};
  }
  // True: it runs and will not fire. False: it does not run (yet, or any more). Throws SyncError
  // where it was cancelled before and has not been run since.
  bool cancel(const Worker& worker);

  // For SyncWait, and the fixture.
  bool attempt(const Worker& worker);
  bool block(Worker& worker, WaitLimit limit);
  bool park(ParkedOperation& operation);
  static bool leave(ParkedOperation& operation, ParkedOperation::Leaving why);
  bool conclude(const Worker&, bool got, bool) { return !got; }
  void reset();

 private:
  enum State : std::uint32_t { idle, armed, fired, cancelled };
  bool change(State from, State to);

  FutexWord state_{idle};  // acquire-release: a cancelled run sees what the canceller did
};

}  // namespace convoy
