#include "harness/sync/timer.hpp"

namespace convoy {

bool Timer::change(State from, State to) {
  std::uint32_t seen = from;
  return state_.compare_exchange_strong(seen, to, std::memory_order_acq_rel);
}

bool Timer::attempt(const Worker& worker) {
  if (state_.exchange(armed, std::memory_order_acq_rel) == armed)
    misused(worker, "run while it was running: only one worker at a time may run it");
  return false;
}

bool Timer::block(Worker& worker, WaitLimit limit) {
  return worker.block_on(name(), [&] {
    while (state_.load(std::memory_order_acquire) == armed)
      if (!block_on_word(worker, state_, armed, limit) && change(armed, fired)) return false;
    return true;
  });
}

bool Timer::park(ParkedOperation& operation) {
  const Guard guard(*this);
  if (state_.load(std::memory_order_acquire) != armed) return false;
  enter_queue(operation);
  return true;
}

bool Timer::leave(ParkedOperation& operation, ParkedOperation::Leaving why) {
  auto& timer = static_cast<Timer&>(*static_cast<SyncObject*>(operation.object));
  if (why == ParkedOperation::Leaving::late && !timer.change(armed, fired)) return false;
  return timer.leave_queue(operation, why);
}

bool Timer::cancel(const Worker& worker) {
  Waking waking;
  {
    // At once, or who is cancelled before it is in the queue might be taken out of its next run.
    const Guard guard(*this);
    if (!change(armed, cancelled)) {
      if (state_.load(std::memory_order_acquire) == cancelled)
        misused(worker, "cancelled twice: run() it again first");
      return false;
    }
    waking = take_first();
  }
  wake(waking);
  if (worker.waiter() == nullptr) futex_wake(state_, 1, scope());
  return true;
}

void Timer::reset() {
  state_.store(idle, std::memory_order_relaxed);
  clear_queue();
}

}  // namespace convoy
