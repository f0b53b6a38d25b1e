#include "harness/loop/fibers.hpp"

#include <new>

#include "harness/base/check.hpp"
#include "harness/work/operation.hpp"

namespace convoy {

using boost::context::detail::transfer_t;

Fibers::Fibers(std::size_t stack_bytes, std::size_t count, int sharers,
               std::coroutine_handle<>& running, FiberStacks::Guards guards)
    : stacks_(stack_bytes, count, sharers, guards), running_(running) {
  static_assert(offsetof(Fiber, resume) == 0 && offsetof(Fiber, destroy) == sizeof(void*));
  carrier_.all = this;
}

Fibers::Fiber* Fibers::at(std::size_t index) const {
  constexpr std::size_t kRoom = (sizeof(Fiber) + 63) / 64 * 64;
  return reinterpret_cast<Fiber*>(stacks_.top(index) - kRoom);
}

Fibers::Fiber& Fibers::take_free() {
  if (free_ != nullptr) {
    Fiber& fiber = *free_;
    free_ = fiber.next_free;
    return fiber;
  }
  CONVOY_CHECK(made_ < stacks_.count(), "more fibers were started than there are stacks for");
  stacks_.watch(made_);
  Fiber& fiber = *new (at(made_)) Fiber;
  fiber.resume = [](void* self) {
    auto& resumed = *static_cast<Fiber*>(self);
    resumed.all->enter(resumed);
  };
  fiber.all = this;
  fiber.index = made_++;
  return fiber;
}

void Fibers::start(Task& task, int worker) {
  Fiber& fiber = take_free();
  fiber.task = &task;
  fiber.worker = worker;
  auto* const top = reinterpret_cast<std::byte*>(&fiber);
  const auto room = static_cast<std::size_t>(top - stacks_.bottom(fiber.index));
  prepare_stack(fiber.point, top, room, &run);
  enter(fiber);
}

void Fibers::enter(Fiber& fiber) {
  set_running(std::coroutine_handle<>::from_address(&fiber));
  switch_stacks(carrier_, fiber.point);
  // Others may have run meanwhile; the last of them comes back.
  Fiber& last = *current_;
  if (last.task != nullptr) return;
  last.next_free = free_;
  free_ = &last;
}

// Unknown to the thread sanitizer, which would wait for its return.
[[gnu::no_sanitize("thread")]] void Fibers::run(transfer_t from) {
  arrive_on_stack(StackPoint{}, from);
  // Only the carrier starts fibers.
  Fibers& all = *static_cast<Carrier*>(static_cast<StackPoint*>(from.data))->all;
  Fiber& self = *all.current_;
  self.task->resume();
  CONVOY_CHECK(self.task->done(), "a worker with a stack of its own suspended");
  self.task = nullptr;
  switch_stacks(self.point, all.carrier_, true);
}

void Fibers::resume(SuspensionQueue batch, const Task::Ends& ends) {
  batch_ = batch;
  while (const Suspension* const ready = batch_.pop()) {
    enter(*static_cast<Fiber*>(ready->continuation.address()));
    if (ends.failed != nullptr) break;
  }
  batch_ = {};
}

bool Fibers::abandon() {
  bool some_wait = false;
  for (std::size_t i = 0; i < made_; ++i) {
    if (at(i)->task == nullptr) continue;
    enter(*at(i));
    some_wait = some_wait || at(i)->task != nullptr;
  }
  return some_wait;
}

std::optional<int> Fibers::overrun() const {
  for (std::size_t i = stacks_.guarded(); i < made_; ++i)
    if (!stacks_.kept(i)) return at(i)->worker;
  return {};
}

std::optional<int> Fibers::overflown(const void* address) const {
  const auto index = stacks_.overflown(address);
  if (!index || *index >= made_) return {};
  return at(*index)->worker;
}

}  // namespace convoy
