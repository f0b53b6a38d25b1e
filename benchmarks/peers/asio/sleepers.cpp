// Timers, against Asio's steady_timer in coroutines of its own.
#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

#include "benchmarks/peers/sleepers.hpp"
#include "benchmarks/self/comparison.hpp"
#include "harness/base/clock.hpp"

namespace convoy::peers {
namespace {

asio::awaitable<void> sleep_repeatedly(asio::io_context& context) {
  asio::steady_timer timer(context);
  for (int i = 0; i < kSleeps; ++i) {
    timer.expires_after(kSleep);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

void sleep_in_asio(benchmark::State& state) {
  for ([[maybe_unused]] auto _ : state) {
    asio::io_context context(1);
    for (int i = 0; i < kSleepers; ++i)
      asio::co_spawn(context, sleep_repeatedly(context), asio::detached);
    const nanoseconds began = now();
    const nanoseconds before = thread_cpu_time();
    context.run();
    const nanoseconds used = thread_cpu_time() - before;
    if (now() - began < kSleeps * kSleep) state.SkipWithError("somebody woke early");
    state.SetIterationTime(std::chrono::duration<double>(used).count() / kSleepers / kSleeps);
  }
}

const self::ComparisonRegistration registration{{"a million timers / Asio", sleep_in_our_loop,
                                                 sleep_in_asio, self::Bar::ratio_at_most, 0.25, 1}};

}  // namespace
}  // namespace convoy::peers
