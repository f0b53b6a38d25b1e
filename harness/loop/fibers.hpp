// Fibers: workers with stacks of their own, and the switching between them and their carrier.
#pragma once

#include <coroutine>
#include <cstddef>
#include <optional>

#include "harness/base/stack_switch.hpp"
#include "harness/loop/fiber_stacks.hpp"
#include "harness/loop/queue.hpp"
#include "harness/work/task.hpp"

namespace convoy {

// All fibers of one carrier, which makes, uses and destroys them. A fiber runs a task from its
// beginning to its end; who waits switches to the next that is ready, or else to the carrier.
class Fibers {
 public:
  // `running`: kept at what resumes the one that runs.
  Fibers(std::size_t stack_bytes, std::size_t count, int sharers, std::coroutine_handle<>& running,
         FiberStacks::Guards guards = FiberStacks::Guards::best);
  Fibers(const Fibers&) = delete;
  Fibers& operator=(const Fibers&) = delete;

  // --- By the carrier, on its own stack.
  // Runs the task on a free stack until it first waits. `worker`: for who tells of an overflow.
  void start(Task& task, int worker);
  // Resumes all of these, until the body of one has thrown.
  void resume(SuspensionQueue batch, const Task::Ends& ends);
  // Has those that wait throw WorkerAbandoned, all at their first wait. True: some wait again,
  // since a body may catch what it likes.
  bool abandon();
  // The worker that has overrun its stack and is not stopped by a guard; absent: none has.
  std::optional<int> overrun() const;

  // --- By a fiber that waits.
  StackSwitch next_stack() {
    Fiber& self = *current_;
    const Suspension* const next = batch_.pop();
    if (next == nullptr) return {&self.point, &carrier_};
    set_running(next->continuation);
    return {&self.point, &current_->point};
  }

  // --- By a signal handler on another stack: whose guard that is.
  std::optional<int> overflown(const void* address) const;
  const FiberStacks& stacks() const { return stacks_; }

 private:
  // Lives at the top of its stack. It begins as a coroutine's frame does in all ABIs: so an
  // operation's continuation, resumed, is a fiber that goes on.
  struct Fiber {
    void (*resume)(void*) = nullptr;
    void (*destroy)(void*) = nullptr;
    StackPoint point;
    Fibers* all = nullptr;
    Task* task = nullptr;  // null: it has ended
    Fiber* next_free = nullptr;
    std::size_t index = 0;
    int worker = -1;
  };
  struct Carrier : StackPoint {
    Fibers* all = nullptr;
  };

  static void run(boost::context::detail::transfer_t from);
  Fiber* at(std::size_t index) const;
  Fiber& take_free();
  void enter(Fiber& fiber);
  void set_running(std::coroutine_handle<> handle) {
    running_ = handle;
    current_ = static_cast<Fiber*>(handle.address());
  }

  FiberStacks stacks_;
  std::coroutine_handle<>& running_;
  Fiber* current_ = nullptr;
  Fiber* free_ = nullptr;  // the latest that has ended first, whose stack is in the cache
  std::size_t made_ = 0;   // how many stacks were ever used
  SuspensionQueue batch_;  // to be resumed by whoever waits next
  Carrier carrier_;
};

}  // namespace convoy
