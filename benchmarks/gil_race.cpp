// Workers that add to one number without care: what is lost where others may run between load and
// store.
#include <atomic>
#include <memory>
#include <mutex>

#include "harness/work/workload.hpp"

static const convoy::Choice checkpoints{"checkpoints",
                                        {"back_edge", "every_op"},
                                        "Where other workers may get the lock: at the end of the "
                                        "loop only, or also between load and store"};
static const convoy::Flag lock{"lock", false, "Hold a mutex during each update"};

constexpr int kUpdates = 20;  // in an operation; each is seven bytecodes, some 350 ns
constexpr std::uint32_t kToStore = 3, kToNextLoad = 4;
namespace {
// Under processes each has one of its own, in which nothing is lost.
struct Race {
  std::mutex mutex;
  // Relaxed: what happens between a load and a store is the subject.
  std::atomic<std::uint64_t> number{0};
  // Acquire-release on `ended`: the last worker to end sees what all have added.
  std::atomic<std::uint64_t> added{0};
  std::atomic<int> ended{0};
};
}  // namespace
static const convoy::Shared<std::unique_ptr<Race>> shared{
    [](const convoy::Setup&) { return std::make_unique<Race>(); }};
static std::uint64_t run(std::uint32_t bytecodes, std::uint64_t state) {
  for (std::uint32_t step = 0; step < 20 * bytecodes; ++step)
    state = (state ^ (state >> 7)) * 0x9E3779B97F4A7C15U;
  return state;
}

CONVOY_WORKLOAD(gil_race, gil, "Add to a shared number, and count lost updates", checkpoints, lock,
                shared, convoy::NoAnswer{}, convoy::WorkersNeedEachOther{},
                convoy::CountsLost{kUpdates}, convoy::UsualWorkers{{2, 4}}) {
  Race& race = *worker[shared];
  const bool everywhere = worker[checkpoints] == 1, locks = worker[lock];
  std::uint64_t state = 1;
  for (; worker.next(); race.added.fetch_add(kUpdates, std::memory_order_relaxed)) {
    for (int i = 0; i < kUpdates; ++i) {
      if (locks && !race.mutex.try_lock()) worker.native([&] { race.mutex.lock(); });
      const std::uint64_t seen = race.number.load(std::memory_order_relaxed);
      state = run(kToStore, state);
      if (everywhere) worker.checkpoint(kToStore);
      race.number.store(seen + 1, std::memory_order_relaxed);
      if (locks) race.mutex.unlock();
      state = run(kToNextLoad, state);
      worker.checkpoint(everywhere ? kToNextLoad : kToStore + kToNextLoad);
    }
  }
  worker.keep(state);
  if (race.ended.fetch_add(1, std::memory_order_acq_rel) + 1 == worker.count()) {
    worker.lose(race.added.exchange(0) - race.number.exchange(0));
    race.ended = 0;
  }
  co_return;
}
