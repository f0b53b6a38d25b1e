#include "harness/measure/timeline.hpp"

#include <gmock/gmock.h>

#include "harness/work/operation.hpp"

namespace convoy {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TraceEvent wait_begun(nanoseconds at, WaitCause cause, nanoseconds delay = 0ns) {
  return {.at = at, .argument = delay.count(), .kind = EventKind::wait_begun, .cause = cause};
}
TraceEvent wait_ended(nanoseconds at, WaitCause cause, nanoseconds delay = 0ns) {
  return {.at = at, .argument = delay.count(), .kind = EventKind::wait_ended, .cause = cause};
}
TraceEvent taken(nanoseconds at) { return {.at = at, .kind = EventKind::gil_taken}; }
TraceEvent released(nanoseconds at, ReleaseReason why = ReleaseReason::blocking) {
  return {.at = at, .kind = EventKind::gil_released, .detail = static_cast<std::uint8_t>(why)};
}
TraceEvent round_ended(nanoseconds at) { return {.at = at, .kind = EventKind::round_ended}; }

SeatTrace trace_of(std::vector<TraceEvent> events) {
  SeatTrace trace;
  trace.record.states.arrived = 100ns;
  trace.record.states.begin.wall = 200ns;
  trace.record.events.written = events.size();
  trace.events = std::move(events);
  return trace;
}

std::vector<std::tuple<SeatState, nanoseconds, nanoseconds>> told(const SeatTrace& trace) {
  std::vector<std::tuple<SeatState, nanoseconds, nanoseconds>> all;
  for (const StateSlice& slice : state_slices(trace))
    all.emplace_back(slice.state, slice.begin, slice.end);
  return all;
}

TEST(StateSlices, FollowEachOtherFromTheGateToTheEnd) {
  const SeatTrace trace = trace_of({wait_begun(500ns, WaitCause::gil, 30ns),
                                    wait_ended(900ns, WaitCause::gil, 100ns), round_ended(1000ns)});
  EXPECT_THAT(told(trace), ElementsAre(std::tuple(SeatState::start_line, 100ns, 200ns),
                                       std::tuple(SeatState::running, 200ns, 500ns),
                                       std::tuple(SeatState::waiting, 500ns, 800ns),
                                       std::tuple(SeatState::runnable, 800ns, 900ns),
                                       std::tuple(SeatState::running, 900ns, 1000ns)));
  EXPECT_EQ(state_slices(trace)[1].runnable, 30ns);
}

TEST(StateSlices, ARunDelayLongerThanItsWaitFillsIt) {
  const SeatTrace trace =
      trace_of({wait_begun(500ns, WaitCause::io), wait_ended(600ns, WaitCause::io, 5us)});
  EXPECT_THAT(told(trace), ElementsAre(std::tuple(SeatState::start_line, 100ns, 200ns),
                                       std::tuple(SeatState::running, 200ns, 500ns),
                                       std::tuple(SeatState::runnable, 500ns, 600ns)));
}

TEST(StateSlices, BeginWithTheFirstThatIsKnownWhereEventsWereDropped) {
  SeatTrace trace = trace_of({wait_ended(700ns, WaitCause::io), wait_begun(800ns, WaitCause::io),
                              wait_ended(900ns, WaitCause::io)});
  trace.record.events.written = 1000;
  EXPECT_THAT(told(trace), ElementsAre(std::tuple(SeatState::start_line, 100ns, 200ns),
                                       std::tuple(SeatState::running, 700ns, 800ns),
                                       std::tuple(SeatState::waiting, 800ns, 900ns)));
}

TEST(KnownFrom, IsTheFirstSliceBehindTheGateWhereEventsWereDropped) {
  SeatTrace trace =
      trace_of({taken(600ns), wait_ended(700ns, WaitCause::io), wait_begun(800ns, WaitCause::io)});
  EXPECT_LT(known_from(trace), 100ns) << "nothing was dropped";
  trace.record.events.written = 1000;
  EXPECT_EQ(known_from(trace), 700ns);
  trace.events.resize(2);
  EXPECT_GT(known_from(trace), 1h) << "one wait's end alone makes no slice";
}

TEST(Holds, AreOfAllSeatsInOrderOfTime) {
  const std::vector<SeatTrace> traces{
      trace_of({taken(10ns), released(20ns), taken(50ns), released(60ns, ReleaseReason::exit)}),
      trace_of({taken(25ns), released(40ns, ReleaseReason::yield)})};
  const auto holds = holds_of(traces, std::vector{0, 1});
  ASSERT_THAT(holds, SizeIs(3));
  EXPECT_EQ(holds[1].seat, 1);
  EXPECT_EQ(holds[1].ended, ReleaseReason::yield);
  EXPECT_EQ(holds[2].begin, 50ns);
  const auto handovers = handovers_of(holds);
  ASSERT_THAT(handovers, SizeIs(2));
  EXPECT_EQ(handovers[0].from, 0);
  EXPECT_EQ(handovers[0].to, 1);
  EXPECT_EQ(handovers[0].released, 20ns);
  EXPECT_EQ(handovers[0].taken, 25ns);
}

TEST(Holds, OneWhoseBeginWasDroppedIsLeftOut) {
  const std::vector<SeatTrace> traces{trace_of({released(20ns), taken(30ns), released(40ns)})};
  EXPECT_THAT(holds_of(traces, std::vector{0}), SizeIs(1));
}

TEST(Handovers, ASeatThatTakesItAgainHandsNothingOver) {
  const std::vector<SeatTrace> traces{
      trace_of({taken(1ns), released(2ns), taken(3ns), released(4ns)})};
  EXPECT_THAT(handovers_of(holds_of(traces, std::vector{0})), IsEmpty());
}

TEST(Holders, AreNamedOnceInOrder) {
  const std::vector<Hold> holds{{2, 0ns, 10ns}, {1, 20ns, 30ns}, {2, 40ns, 50ns}, {0, 60ns, 70ns}};
  EXPECT_THAT(holders_between(holds, 5ns, 55ns), ElementsAre(2, 1));
}

TEST(TaskSlices, GoFromResumptionToSuspension) {
  const auto resumed = [](nanoseconds at, std::uint32_t worker, std::uint8_t after) {
    return TraceEvent{.at = at, .worker = worker, .kind = EventKind::task_resumed, .detail = after};
  };
  const auto suspended = [](nanoseconds at, std::uint32_t worker) {
    return TraceEvent{.at = at, .worker = worker, .kind = EventKind::task_suspended};
  };
  const auto slices =
      task_slices(trace_of({suspended(5ns, 9), resumed(10ns, 3, kTaskStarts), suspended(20ns, 3),
                            resumed(30ns, 4, 0), suspended(40ns, 4)}));
  ASSERT_THAT(slices, SizeIs(2));
  EXPECT_EQ(slices[0].worker, 3U);
  EXPECT_EQ(slices[0].after, kTaskStarts);
  EXPECT_EQ(slices[1].end, 40ns);
}

TEST(WaitNames, SayWhatWasWaitedFor) {
  SeatRecord record;
  std::string("queue").copy(record.lock_names[1].data(), 5);
  const auto receive = static_cast<std::uint8_t>(Operation::Kind::receive);
  EXPECT_EQ(wait_name(WaitCause::gil, 0, record), "gil");
  EXPECT_EQ(wait_name(WaitCause::io, receive, record), "io: recv");
  EXPECT_EQ(wait_name(WaitCause::io, kPollKind, record), "io: poll");
  EXPECT_EQ(wait_name(WaitCause::lock, 1, record), "lock: queue");
  EXPECT_EQ(wait_name(WaitCause::sleep, 0, record), "sleep");
}

}  // namespace
}  // namespace convoy
