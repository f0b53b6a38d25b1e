// What a loop asks of an engine: start a wait, and sleep until some wait has ended.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "harness/base/clock.hpp"
#include "harness/gil/gil.hpp"
#include "harness/loop/queue.hpp"

namespace convoy {

// One engine. Called by the carrier's thread with the lock held; drops it around each system call.
// Sleeps and turns never come here.
class Reactor {
 public:
  virtual ~Reactor() = default;

  // True: under way. False: done already, the result is filled in.
  virtual bool start(Operation& operation) = 0;
  // Waits until a wait ends or `timeout` passes (absent: for ever; zero: only looks) and appends
  // what has ended to `done`. Returns the time spent idle, 0 when it only looked. May return early
  // with nothing.
  virtual nanoseconds poll(std::optional<nanoseconds> timeout, OperationQueue& done) = 0;
  // Started and not yet ended.
  virtual std::size_t pending() const = 0;
  // Takes back all that is pending: afterwards no buffer is touched and nothing ends. Leaves the
  // lock alone; may block for as long as a call that has begun on a file.
  virtual void take_back() = 0;
  virtual void forget(int fd) = 0;
  virtual const char* name() const = 0;
  virtual const char* file_io() const = 0;
};

// Each throws std::system_error when the kernel refuses. Called by the carrier's thread.
std::unique_ptr<Reactor> make_epoll_reactor(Gil& gil, Seat& seat);
std::unique_ptr<Reactor> make_uring_reactor(Gil& gil, Seat& seat);

}  // namespace convoy
