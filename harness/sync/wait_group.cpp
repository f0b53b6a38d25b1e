#include "harness/sync/wait_group.hpp"

namespace convoy {

bool WaitGroup::try_done(const Worker& worker) {
  std::uint32_t seen = under_way();
  do {
    if (seen == 0) return false;
    if (alone()) {
      under_way_.store(seen - 1, std::memory_order_relaxed);
      break;
    }
  } while (!under_way_.compare_exchange_weak(seen, seen - 1, std::memory_order_seq_cst,
                                             std::memory_order_relaxed));
  if (seen != 1) return true;
  if (worker.waiter() != nullptr) {
    wake_all_parked([] {});
  } else {
    times_.fetch_add(1, std::memory_order_seq_cst);
    if (blocked_.load(std::memory_order_seq_cst) != 0) futex_wake_all(times_, scope());
  }
  return true;
}

bool WaitGroup::block(Worker& worker, WaitLimit limit) {
  return worker.block_on(name(), [&] {
    const std::uint32_t before = times_.load(std::memory_order_relaxed);
    blocked_.fetch_add(1, std::memory_order_seq_cst);
    const auto over = [&] {
      return under_way_.load(std::memory_order_seq_cst) == 0 ||
             times_.load(std::memory_order_seq_cst) != before;
    };
    bool in_time = true;
    while (!over() && in_time) in_time = block_on_word(worker, times_, before, limit);
    blocked_.fetch_sub(1, std::memory_order_relaxed);
    return in_time || over();
  });
}

bool WaitGroup::park(ParkedOperation& operation) {
  const Guard guard(*this);
  if (attempt(*operation.worker)) return false;
  enter_queue(operation);
  return true;
}

void WaitGroup::reset() {
  under_way_.store(0, std::memory_order_relaxed);
  clear_queue();
}

}  // namespace convoy
