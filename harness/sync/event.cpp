#include "harness/sync/event.hpp"

namespace convoy {

bool Event::block(Worker& worker, WaitLimit limit) {
  return worker.block_on(name(), [&] {
    const std::uint32_t before = times_.load(std::memory_order_relaxed);
    blocked_.fetch_add(1, std::memory_order_seq_cst);
    bool in_time = true;
    while (!is_set() && times_.load(std::memory_order_seq_cst) == before && in_time)
      in_time = block_on_word(worker, times_, before, limit);
    blocked_.fetch_sub(1, std::memory_order_relaxed);
    return in_time || is_set() || times_.load(std::memory_order_acquire) != before;
  });
}

bool Event::park(ParkedOperation& operation) {
  const Guard guard(*this);
  if (is_set()) return false;
  enter_queue(operation);
  return true;
}

void Event::set(const Worker& worker) {
  if (worker.waiter() == nullptr) {
    set_.store(1, std::memory_order_release);
    times_.fetch_add(1, std::memory_order_seq_cst);
    if (blocked_.load(std::memory_order_seq_cst) != 0) futex_wake_all(times_, scope());
    return;
  }
  wake_all_parked([&] { set_.store(1, std::memory_order_release); });
}

void Event::reset() {
  set_.store(0, std::memory_order_relaxed);
  clear_queue();
}

}  // namespace convoy
