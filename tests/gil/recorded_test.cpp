// Every lock policy tells a seat's recorder when the seat blocks in it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "harness/gil/inner_lock.hpp"
#include "tests/gil/seats.hpp"

namespace convoy {
namespace {

using testing::Seats;
using testing::Waiter;

// Counts what it is told. Used by one seat, and by the test once that seat is done.
class CountingRecorder final : public testing::WaitRecorder {
 public:
  void begin_wait(WaitCause cause, std::uint8_t kind) override {
    EXPECT_EQ(cause, WaitCause::gil);
    waits += !waiting();
    WaitRecorder::begin_wait(cause, kind);
  }
  void end_wait() override {
    EXPECT_TRUE(waiting());
    WaitRecorder::end_wait();
  }
  void note(const TraceEvent& event) override { events.push_back(event); }

  std::vector<EventKind> kinds() const {
    std::vector<EventKind> all;
    for (const TraceEvent& event : events) all.push_back(event.kind);
    return all;
  }

  int waits = 0;
  std::vector<TraceEvent> events;
};

class RecordedGil : public ::testing::TestWithParam<GilPolicy> {
 protected:
  static bool excludes() { return GetParam().excludes; }
};

TEST_P(RecordedGil, AWaitIsToldAroundWhatBlocks) {
  if (!excludes()) GTEST_SKIP() << "seats 0 and 1 never wait for each other";
  // A thread that sleeps may wait for something else on its way to the lock, though not every time.
  int waits = 0;
  for (int attempt = 0; attempt < 20 && waits == 0; ++attempt) {
    Seats seats(GetParam().name, 2);
    CountingRecorder recorder;
    seats[1].recorder = &recorder;
    seats.acquire(0);
    std::atomic<pid_t> tid{0};
    std::jthread waiter([&] {
      tid.store(::gettid());
      seats.acquire(1);
      seats.release(1, ReleaseReason::exit);
    });
    testing::wait_until_asleep(tid);
    seats.release(0);
    waiter.join();
    waits = recorder.waits;
    EXPECT_FALSE(recorder.waiting());
    EXPECT_THAT(recorder.kinds(),
                ::testing::IsSupersetOf({EventKind::gil_taken, EventKind::gil_released}));
  }
  EXPECT_GE(waits, 1) << "no RecordedWait lasts while take blocks";
}

TEST_P(RecordedGil, NoWaitIsToldWhereTheLockIsFree) {
  Seats seats(GetParam().name, 1);
  CountingRecorder recorder;
  seats[0].recorder = &recorder;
  seats.acquire(0);
  seats.release(0, ReleaseReason::exit);
  EXPECT_EQ(recorder.waits, 0);
  EXPECT_EQ(recorder.kinds(), (std::vector{EventKind::gil_taken, EventKind::gil_released}));
  EXPECT_EQ(recorder.events.front().argument, 0);
  EXPECT_EQ(recorder.events.back().detail, static_cast<std::uint8_t>(ReleaseReason::exit));
}

INSTANTIATE_TEST_SUITE_P(EveryPolicy, RecordedGil, ::testing::ValuesIn(gil_policies()),
                         [](const auto& policy) { return policy.param.name; });

// Lets a test into a drop that waits.
class Waiting final : public Gil {
 public:
  void attach(Seat&) override {}

 protected:
  bool take(Seat&) override { return false; }
  void drop(Seat& seat, ReleaseReason) override {
    const SwitchWait waiting(seat);
    const nanoseconds began = now();
    while (now() == began) continue;
  }
  void breaker_set(Seat&, std::uint32_t) override {}
};

TEST(SwitchWait, IsAccountedAndTold) {
  Waiting gil;
  SeatAccount account;
  Seat seat(account);
  CountingRecorder recorder;
  seat.recorder = &recorder;
  gil.acquire(seat);
  gil.release(seat, ReleaseReason::yield);
  EXPECT_EQ(recorder.waits, 1);
  EXPECT_FALSE(recorder.waiting());
  EXPECT_GT(seat.gil.wait_ns, 0);
}

TEST(InnerLock, WhoWaitsForAMutexWithinTheLockIsToldToWaitForTheLock) {
  SeatAccount account;
  Seat seat(account);
  CountingRecorder recorder;
  seat.recorder = &recorder;
  std::mutex mutex;
  std::unique_lock taken(mutex);
  std::thread other([&] { const InnerLock lock(mutex, seat); });
  while (!recorder.waiting()) ::sched_yield();
  taken.unlock();
  other.join();
  EXPECT_EQ(recorder.waits, 1);
  EXPECT_FALSE(recorder.waiting());
  {
    const InnerLock lock(mutex, seat);
  }
  EXPECT_EQ(recorder.waits, 1);
}

TEST(RecordedAsking, AWaiterTellsThatItAsksTheHolder) {
  Seats seats("cpython32:interval=100us", 2);
  CountingRecorder recorder;
  seats[1].recorder = &recorder;
  seats.acquire(0);
  Waiter waiter(seats, 1);
  while (!seats.asked(0)) ::sched_yield();
  seats.release(0, ReleaseReason::exit);
  waiter.join();
  EXPECT_THAT(recorder.kinds(), ::testing::Contains(EventKind::gil_asked));
}

}  // namespace
}  // namespace convoy
