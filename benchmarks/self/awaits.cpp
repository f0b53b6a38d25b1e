// A wait that is over at once, awaited in a coroutine, against the same calls in a function.
#include <cerrno>

#include "benchmarks/self/comparison.hpp"
#include "benchmarks/self/crew_of_one.hpp"

namespace convoy::self {
namespace {

// For this perform_blocking makes no system call, and the rest of a wait is as ever.
constexpr auto kNothing = Suspension::Kind::park;
Wait wait_for_nothing(Worker& worker) { return {worker, kNothing}; }

Task await_repeatedly(Worker& worker, benchmark::State& state) {
  while (state.KeepRunning()) {
    co_await wait_for_nothing(worker);
    benchmark::ClobberMemory();
  }
}

void ours(benchmark::State& state) {
  CrewOfOne crew("none", "null");
  errno = 0;
  Task task = await_repeatedly(crew.worker(), state);
  task.resume();
  task.rethrow();
}

// What Worker::block does, which every blocking call needs and no await can save.
[[gnu::noinline]] void block(Gil& gil, Seat& seat, Operation& operation) {
  gil.release(seat, ReleaseReason::blocking);
  const nanoseconds before = now();
  perform_blocking(operation);
  seat.waits.io_ns += (now() - before).count();
  gil.acquire(seat);
}

void plain(benchmark::State& state) {
  CrewOfOne crew("none", "null");
  errno = 0;
  while (state.KeepRunning()) {
    Operation operation;
    operation.kind = kNothing;
    block(crew.gil(), crew.seat(), operation);
    benchmark::DoNotOptimize(operation.result);
    benchmark::ClobberMemory();
  }
}

const ComparisonRegistration registration{
    {"await, ready", ours, plain, Bar::more_steps_at_most, 1.2}};

}  // namespace
}  // namespace convoy::self
