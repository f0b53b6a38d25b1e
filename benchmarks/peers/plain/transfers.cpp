// A turn of the event loop, against a ring of coroutines each of which resumes the next itself.
#include <coroutine>
#include <vector>

#include "benchmarks/self/comparison.hpp"
#include "benchmarks/self/turns.hpp"

namespace convoy::peers {
namespace {

// So many that one look at the kernel a batch, which an event loop owes to others, is a small part.
constexpr int kWorkers = 1000;
constexpr int kTurns = 200;

void turn_in_our_loop(benchmark::State& state) { self::time_turns(state, kWorkers, kTurns); }

// Resumes the next of the ring, without anybody in between.
struct Transfer {
  std::coroutine_handle<> next;
  bool await_ready() { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<>) { return next; }
  void await_resume() {}
};
Transfer transfer_to(std::coroutine_handle<> next) { return {next}; }

Task transfer_repeatedly(const std::coroutine_handle<>& next) {
  for (int i = 0; i < kTurns; ++i) {
    co_await transfer_to(next);
    benchmark::ClobberMemory();
  }
}

void transfer_by_hand(benchmark::State& state) {
  while (state.KeepRunningBatch(benchmark::IterationCount{kWorkers} * kTurns)) {
    std::vector<std::coroutine_handle<>> next(kWorkers);
    std::vector<Task> tasks;
    for (const auto& each : next) tasks.push_back(transfer_repeatedly(each));
    for (std::size_t i = 0; i < next.size(); ++i) next[i] = tasks[(i + 1) % kWorkers].handle();
    // The first to end returns here; the others stand in their last transfer.
    for (Task& task : tasks) task.resume();
  }
}

const self::ComparisonRegistration registration{{"coroutine switch / bare symmetric transfer",
                                                 turn_in_our_loop, transfer_by_hand,
                                                 self::Bar::ratio_at_most, 1.5}};

}  // namespace
}  // namespace convoy::peers
