// What a worker waits for, and how a waiting worker is put to sleep: the seam between workloads and
// event loops.
#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include <coroutine>
#include <cstddef>
#include <cstdint>

#include "harness/base/clock.hpp"
#include "harness/base/stack_switch.hpp"

namespace convoy {

class Waiter;
class Worker;

// One wait, of whatever kind. Lives in the awaiter, so in the suspended coroutine's frame; the
// waiter may keep a pointer until it resumes.
struct Suspension {
  enum class Kind : std::uint8_t {
    sleep,
    read,
    write,
    receive,
    send,
    accept,
    connect,
    fsync,
    readable,
    writable,
    turn,
    park
  };

  Kind kind = Kind::turn;
  nanoseconds deadline{0};               // for sleep, on the clock of now()
  ssize_t result = 0;                    // bytes, a descriptor or 0; below zero an errno, negated
  std::coroutine_handle<> continuation;  // whom to resume
  Worker* worker = nullptr;              // who that is
  Suspension* next = nullptr;            // for a waiter's own queues

  // Whether it is an Operation.
  bool is_call() const { return kind != Kind::sleep && kind != Kind::turn && kind != Kind::park; }
};

// A call on a descriptor.
struct Operation : Suspension {
  int fd = -1;
  void* data = nullptr;  // the caller's buffer; also the address for connect
  std::size_t size = 0;  // its size in bytes
  off_t offset = -1;     // position in a file; -1 reads and writes a stream

  // Nothing is moved: somebody else's code reads or writes once the descriptor is ready.
  bool only_waits() const { return kind == Kind::readable || kind == Kind::writable; }
};

// A wait for another worker, on an object of harness/sync/, which lists the worker until it is
// woken or leaves.
struct ParkedOperation : Suspension {
  enum class Outcome : std::uint8_t { waiting, woken, late };
  // Why it leaves: its limit has passed, or its task is about to be destroyed.
  enum class Leaving : std::uint8_t { late, abandoned };

  ParkedOperation() { kind = Kind::park; }

  // Called by its carrier. True where it is to be resumed now; false where somebody has woken it,
  // or where it has to wait for something else first, now without a limit.
  bool (*leave)(ParkedOperation& operation, Leaving why) = nullptr;
  void* object = nullptr;            // whose wait it is; the meaning is that of `leave`
  Waiter* carrier = nullptr;         // who resumes it
  bool timed = false;                // `deadline` counts
  std::uint64_t sequence = 0;        // tells those of one deadline apart
  ParkedOperation* older = nullptr;  // its neighbours among all that its carrier has parked
  ParkedOperation* newer = nullptr;
  // Under the object's own lock, where there are several carriers.
  Outcome outcome = Outcome::waiting;
};

// The name of the call, for messages and for the accounts of waiting: "read", "sleep".
const char* name_of(Suspension::Kind kind);

// Whether poll(2) calls the descriptor ready for what a readable or writable wait is for, waiting
// so many milliseconds at most; -1: for ever. As system calls do: 0, or -1 with errno, EAGAIN where
// it is not ready in time. What hangs up or fails is ready: whoever reads finds out.
int poll_descriptor(const Operation& operation, int limit_ms);

// Sleeps, gives way, or performs the call with blocking system calls, in the calling thread; fills
// result. EINTR is retried.
void perform_blocking(Suspension& suspension);

// Thrown to a worker with a stack of its own whose crew has failed, out of its wait: its stack can
// be left in no other way. Derives from nothing, so that no body takes it for a failed call.
struct WorkerAbandoned {};

// Puts a worker to sleep until its operation is done: an event loop. Called by the worker from its
// seat's thread only.
class Waiter {
 public:
  virtual ~Waiter() = default;
  // Where workers have stacks of their own: what resumes the one that runs. Null where they have
  // none, and suspend.
  std::coroutine_handle<> fiber() const { return fiber_; }
  // By that one, once its wait is under way: has others run until fiber() has been resumed. Throws
  // WorkerAbandoned. Part of the body itself: a processor that has seen one stack's call and sees
  // another one's return guesses wrongly where to.
  [[gnu::always_inline]] void switch_away() {
    const StackSwitch next = next_stack();
    switch_stacks(*next.from, *next.to);
    if (abandons_) [[unlikely]]
      throw WorkerAbandoned();
  }
  // True: the wait is under way and `suspension.continuation` will be resumed with the result
  // filled in. False: it is done already and the result is filled in. It stays valid until then.
  virtual bool wait(Suspension& suspension) = 0;
  // The same of a sleep or a turn; returns whom the thread resumes next, which may be the one that
  // asks.
  virtual std::coroutine_handle<> pause(Suspension& suspension) {
    if (wait(suspension)) return std::noop_coroutine();
    return suspension.continuation;
  }
  // Has `operation`, which waits here and has left its object's list, resumed by its own carrier.
  // Called from any carrier of the crew.
  virtual void wake(ParkedOperation& operation) = 0;

 protected:
  // From the one that runs to whoever runs next.
  virtual StackSwitch next_stack() = 0;

  std::coroutine_handle<> fiber_;
  bool abandons_ = false;  // whoever waits is to leave its stack
};

// What await_ready() returns where its worker has a waiter. On a stack of its own the worker has
// waited then, and does not suspend.
template <class Awaiter>
[[gnu::always_inline]] inline bool waited_on_own_stack(Waiter& waiter, Awaiter& awaiter) {
  const std::coroutine_handle<> fiber = waiter.fiber();
  if (!fiber) return false;
  if (awaiter.await_suspend(fiber)) waiter.switch_away();
  return true;
}

// The same where a wait is rare and what comes before it is hot: what switching stacks asks of the
// registers stays out of the body.
template <class Awaiter>
[[gnu::noinline, gnu::cold]] bool waited_out_of_line(Waiter& waiter, Awaiter& awaiter) {
  return waited_on_own_stack(waiter, awaiter);
}

}  // namespace convoy
