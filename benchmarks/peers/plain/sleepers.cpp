// Timers, against a wheel of one level written by hand for just this job.
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <vector>

#include "benchmarks/peers/sleepers.hpp"
#include "benchmarks/self/comparison.hpp"
#include "harness/base/clock.hpp"
#include "harness/base/unique_fd.hpp"

namespace convoy::peers {
namespace {

struct Sleeper {
  nanoseconds deadline{0};
  Sleeper* next = nullptr;
  int sleeps_left = kSleeps;
};

// Wakes a slot when the last in it is due, 33 us late at most, in no order.
class PlainWheel {
 public:
  explicit PlainWheel(nanoseconds time) : tick_(tick_of(time)) {}
  void add(Sleeper& sleeper) {
    Sleeper*& slot = slots_[static_cast<std::size_t>(tick_of(sleeper.deadline)) % slots_.size()];
    sleeper.next = slot;
    slot = &sleeper;
  }
  // Calls `wake` for all whose slots have passed.
  template <class Wake>
  void expire(nanoseconds time, Wake wake) {
    for (const std::int64_t now_tick = tick_of(time); tick_ < now_tick; ++tick_) {
      Sleeper* sleeper = std::exchange(slots_[static_cast<std::size_t>(tick_) % slots_.size()], {});
      while (sleeper != nullptr) {
        Sleeper* const next = sleeper->next;
        wake(*sleeper);
        sleeper = next;
      }
    }
  }
  nanoseconds next_tick() const { return nanoseconds((tick_ + 1) << kTickBits); }

 private:
  static constexpr int kTickBits = 15;
  static std::int64_t tick_of(nanoseconds time) { return time.count() >> kTickBits; }

  std::int64_t tick_;
  std::array<Sleeper*, 1024> slots_{};
};

void sleep_in_plain_wheel(benchmark::State& state) {
  const UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  for ([[maybe_unused]] auto _ : state) {
    std::vector<Sleeper> sleepers(kSleepers);
    const nanoseconds began = now();
    const nanoseconds before = thread_cpu_time();
    PlainWheel wheel(began);
    for (Sleeper& sleeper : sleepers) {
      sleeper.deadline = now() + kSleep;
      wheel.add(sleeper);
    }
    int asleep = kSleepers;
    while (asleep > 0) {
      const timespec until = to_timespec(std::max(nanoseconds(0), wheel.next_tick() - now()));
      epoll_event event{};
      ::epoll_pwait2(epoll.get(), &event, 1, &until, nullptr);
      wheel.expire(now(), [&](Sleeper& sleeper) {
        if (--sleeper.sleeps_left == 0) {
          --asleep;
          return;
        }
        sleeper.deadline = now() + kSleep;
        wheel.add(sleeper);
      });
    }
    const nanoseconds used = thread_cpu_time() - before;
    if (now() - began < kSleeps * kSleep) state.SkipWithError("somebody woke early");
    state.SetIterationTime(std::chrono::duration<double>(used).count() / kSleepers / kSleeps);
  }
}

const self::ComparisonRegistration registration{{"a million timers / plain wheel",
                                                 sleep_in_our_loop, sleep_in_plain_wheel,
                                                 self::Bar::ratio_at_most, 1.5, 1}};

}  // namespace
}  // namespace convoy::peers
