#include "harness/machine/state_recorder.hpp"

#include <gmock/gmock.h>
#include <time.h>

#include <memory>
#include <stdexcept>
#include <thread>

namespace convoy {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

// A recorder whose clocks the test sets.
class StateRecorderTest : public ::testing::Test {
 protected:
  std::vector<TraceEvent> events() const { return events_in_order(memory_, record_->events); }
  std::vector<EventKind> kinds() const {
    std::vector<EventKind> all;
    for (const TraceEvent& event : events()) all.push_back(event.kind);
    return all;
  }
  const SeatStates& states() const { return record_->states; }

  Reading clocks_;
  std::unique_ptr<SeatRecord> record_ = std::make_unique<SeatRecord>();
  std::vector<TraceEvent> memory_ = std::vector<TraceEvent>(16);
  StateRecorder recorder_{[this] { return clocks_; }, *record_, memory_};
};

TEST_F(StateRecorderTest, AWaitIsAccountedAndTraced) {
  recorder_.begin_round(0ns);
  clocks_ = {100ns, 90ns, 10ns};
  recorder_.begin_wait(WaitCause::io, 3);
  clocks_ = {1100ns, 190ns, 60ns};
  recorder_.end_wait();
  clocks_ = {1200ns, 280ns, 70ns};
  recorder_.end_round();
  EXPECT_EQ(states().of(WaitCause::io).by_kind[3], 850ns);
  EXPECT_EQ(states().unattributed(), 0ns);
  ASSERT_THAT(kinds(),
              ElementsAre(EventKind::wait_begun, EventKind::wait_ended, EventKind::round_ended));
  EXPECT_EQ(events()[0].argument, 10);
  EXPECT_EQ(events()[1].argument, 50);
  EXPECT_EQ(events()[1].detail, 3);
  EXPECT_EQ(events()[1].at, 1100ns);
  EXPECT_EQ(events()[2].argument, 10);
}

TEST_F(StateRecorderTest, AWaitWithinAWaitBelongsToTheOuterOne) {
  recorder_.begin_round(0ns);
  recorder_.begin_wait(WaitCause::lock, 0);
  recorder_.begin_wait(WaitCause::gil, 0);
  clocks_.wall = 500ns;
  recorder_.end_wait();
  clocks_.wall = 700ns;
  recorder_.end_wait();
  EXPECT_EQ(states().of(WaitCause::lock).blocked(), 700ns);
  EXPECT_EQ(states().of(WaitCause::gil).count, 0U);
  EXPECT_THAT(kinds(), ElementsAre(EventKind::wait_begun, EventKind::wait_ended));
}

TEST_F(StateRecorderTest, LocksAreToldApartByTheirNames) {
  const auto mutex = recorder_.kind_of_lock("mutex"), queue = recorder_.kind_of_lock("queue");
  EXPECT_NE(mutex, queue);
  EXPECT_EQ(recorder_.kind_of_lock("mutex"), mutex);
  EXPECT_STREQ(record_->lock_names[queue].data(), "queue");
  const char* longest = "a name of so many letters that it is cut";
  EXPECT_EQ(recorder_.kind_of_lock(longest), recorder_.kind_of_lock(longest));
}

TEST_F(StateRecorderTest, ThereMayBeMoreLocksThanKinds) {
  for (int i = 0; i < 40; ++i)
    EXPECT_LT(recorder_.kind_of_lock(("lock " + std::to_string(i)).c_str()), kWaitKinds);
}

TEST_F(StateRecorderTest, ShortOperationsAreThinnedOut) {
  recorder_.begin_round(0ns);
  for (nanoseconds at = 1ms; at < 1ms + 100us; at += 1us)
    recorder_.note({.at = at, .kind = EventKind::operation});
  EXPECT_EQ(record_->events.written, 10U);
}

TEST_F(StateRecorderTest, AskingIsCountedAnewEachRound) {
  recorder_.begin_round(0ns);
  recorder_.note({.kind = EventKind::gil_asked});
  EXPECT_EQ(record_->asks, 1U);
  recorder_.begin_round(0ns);
  EXPECT_EQ(record_->asks, 0U);
  EXPECT_TRUE(events().empty());
}

TEST_F(StateRecorderTest, AScopeTellsItsEndEvenWhenItIsLeftByAnException) {
  recorder_.begin_round(0ns);
  const auto body = [this] {
    const RecordedWait waiting(&recorder_, "mutex");
    const RecordedTask task(&recorder_, 7, 0);
    throw std::runtime_error("on purpose");
  };
  EXPECT_THROW(body(), std::runtime_error);
  EXPECT_THAT(kinds(), ElementsAre(EventKind::wait_begun, EventKind::task_resumed,
                                   EventKind::task_suspended, EventKind::wait_ended));
  EXPECT_EQ(events()[1].worker, 7U);
}

TEST(ThreadClocks, SleepingIsNeitherRunningNorRunnable) {
  const ThreadMeter meter;
  if (!meter.run_delay()) GTEST_SKIP() << "this kernel does not report run delays";
  const auto read = thread_clocks(meter);
  // Its clocks are read one after the other: kept from the CPU in between, it was runnable longer
  // than it was away, though not every time.
  nanoseconds blocked{0};
  for (int attempt = 0; attempt < 20 && blocked <= 0ns; ++attempt) {
    const Reading before = read();
    std::this_thread::sleep_for(5ms);
    const Reading after = read();
    EXPECT_GE((after - before).wall, 5ms);
    EXPECT_GE((after - before).cpu, 0ns);
    blocked = (after - before).blocked();
  }
  EXPECT_GT(blocked, 0ns);
}

}  // namespace
}  // namespace convoy
