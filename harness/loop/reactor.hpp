// What a loop asks of an engine: start a wait, and sleep until some wait has ended.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "harness/base/clock.hpp"
#include "harness/gil/gil.hpp"
#include "harness/loop/queue.hpp"

namespace convoy {

// How a carrier with nobody to resume may wait.
struct Idle {
  std::optional<nanoseconds> timeout;  // absent: for ever; zero: it only looks
  // What for, as a recorder is told.
  WaitCause cause = WaitCause::io;
  std::uint8_t kind = kPollKind;
};

// One engine. Called by the carrier's thread with the lock held; drops it around each system call.
// Sleeps and turns never come here.
class Reactor {
 public:
  virtual ~Reactor() = default;

  // True: under way. False: done already, the result is filled in.
  virtual bool start(Operation& operation) = 0;
  // Waits until a wait ends or the time-out passes. Returns the time spent idle, 0 when it only
  // looked. May return early with nothing.
  virtual nanoseconds poll(const Idle& wait) = 0;
  // Appends to `done` some of what has ended by the last poll; false when there is no more. Who
  // goes on at once finds what the kernel has just used in the caches.
  virtual bool collect(SuspensionQueue& done) = 0;
  // From now on poll also returns when `event`, an eventfd, is readable, and resets it. Once.
  virtual void listen(int event) = 0;
  // Started and not yet ended.
  virtual std::size_t pending() const = 0;
  // Takes back all that is pending: afterwards no buffer is touched and nothing ends. Leaves the
  // lock alone; may block for as long as a call that has begun on a file.
  virtual void take_back() = 0;
  virtual const char* name() const = 0;
  virtual const char* file_io() const = 0;
};

// Each throws std::system_error when the kernel refuses. Called by the carrier's thread.
std::unique_ptr<Reactor> make_epoll_reactor(Gil& gil, Seat& seat);
std::unique_ptr<Reactor> make_uring_reactor(Gil& gil, Seat& seat);

}  // namespace convoy
