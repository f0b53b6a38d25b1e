// A wait of a fiber that has others run, against Boost.Context's stacks resumed by hand
// in turn, and against Boost.Fiber's yield where that is installed.
#include <boost/context/fiber.hpp>
#include <utility>
#include <vector>

#ifdef CONVOY_HAS_BOOST_FIBER
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/operations.hpp>
#undef cpu_relax  // a macro of Boost's; a function here
#endif

#include "benchmarks/self/comparison.hpp"
#include "benchmarks/self/turns.hpp"
#include "harness/loop/fiber_stacks.hpp"

namespace convoy::self {
namespace {

constexpr int kWorkers = 16;
constexpr int kTurns = 1000;
constexpr auto kSwitches = benchmark::IterationCount{kWorkers} * kTurns;

void ours(benchmark::State& state) { time_turns(state, kWorkers, kTurns, FiberStackSize::kUsual); }

// Resumed by hand in turn, each of which comes back.
void plain(benchmark::State& state) {
  while (state.KeepRunningBatch(kSwitches)) {
    std::vector<boost::context::fiber> stacks;
    for (int i = 0; i < kWorkers; ++i)
      stacks.emplace_back([](boost::context::fiber&& from) {
        for (int turn = 0; turn < kTurns; ++turn) {
          from = std::move(from).resume();
          benchmark::ClobberMemory();
        }
        return std::move(from);
      });
    while (stacks.back())
      for (boost::context::fiber& stack : stacks) stack = std::move(stack).resume();
  }
}

const ComparisonRegistration of_context{
    {"turn of a fiber, against bare Boost.Context", ours, plain, Bar::ratio_at_most, 1.5}};

#ifdef CONVOY_HAS_BOOST_FIBER
void yield(benchmark::State& state) {
  while (state.KeepRunningBatch(kSwitches)) {
    std::vector<boost::fibers::fiber> fibers;
    for (int i = 0; i < kWorkers; ++i)
      fibers.emplace_back([] {
        for (int turn = 0; turn < kTurns; ++turn) {
          boost::this_fiber::yield();
          benchmark::ClobberMemory();
        }
      });
    for (boost::fibers::fiber& fiber : fibers) fiber.join();
  }
}

const ComparisonRegistration of_yield{
    {"turn of a fiber, against Boost.Fiber's yield", ours, yield, Bar::ratio_at_most, 0.2}};
#endif

}  // namespace
}  // namespace convoy::self
