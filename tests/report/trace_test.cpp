// A made-up recording in Chrome's trace format.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "harness/report/profile_files.hpp"

namespace convoy {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Json = nlohmann::json;

TraceEvent event_at(nanoseconds at, EventKind kind, WaitCause cause = WaitCause::gil) {
  return {.at = at, .kind = kind, .cause = cause};
}
TraceEvent dropped_at(nanoseconds at) {
  return {.at = at,
          .kind = EventKind::gil_released,
          .detail = static_cast<std::uint8_t>(ReleaseReason::yield)};
}

// Two seats that hand a lock over three times, at 10, 20 and 40 us. Of seat 0, a wait is recorded
// from 15 to 18 us, and of seat 1, from 12 to 19 us.
class Traces : public ::testing::Test {
 protected:
  Traces() {
    Case& c = profile_.benchmark;
    c.workload = &find_workload("null");
    c.arguments = c.workload->initial_arguments();
    c.model = &find_model("threads");
    c.gil = parse_gil("cpython32");
    c.workers = 2;
    c.name = "made-up";
    profile_.round.operations = 2;
    profile_.round.gil.resize(2);
    using enum EventKind;
    profile_.traces = {
        trace_of({event_at(2us, gil_taken), event_at(3us, operation), event_at(4us, gil_asked),
                  dropped_at(9us), event_at(15us, wait_begun), event_at(18us, wait_ended),
                  event_at(20us, gil_taken), event_at(22us, gil_asked), dropped_at(39us),
                  event_at(50us, round_ended)}),
        trace_of({event_at(10us, gil_taken), event_at(12us, wait_begun, WaitCause::io),
                  event_at(19us, wait_ended, WaitCause::io), dropped_at(19'500ns),
                  event_at(40us, gil_taken), dropped_at(45us), event_at(50us, round_ended)})};
  }
  static SeatTrace trace_of(std::vector<TraceEvent> events) {
    SeatTrace trace;
    trace.record.states.begin.wall = 1us;
    trace.record.events.written = events.size();
    trace.events = std::move(events);
    return trace;
  }
  // The instants of what is called so on a seat's lane, in microseconds.
  std::vector<double> instants_of(const char* name, int seat) const {
    std::vector<double> instants;
    const Json trace = Json::parse(trace_text(profile_));
    for (const Json& event : trace["traceEvents"])
      if (event["name"] == name && event["tid"] == 1 + seat && event["ph"] != "X")
        instants.push_back(event["ts"]);
    return instants;
  }
  void drop_events_of(std::size_t seat) { profile_.traces[seat].record.events.written += 7; }

  Profile profile_;
};

TEST_F(Traces, TellWhateverWasRecorded) {
  EXPECT_THAT(instants_of("operation", 0), ElementsAre(3));
  EXPECT_THAT(instants_of("asked", 0), ElementsAre(4, 22));
  EXPECT_THAT(instants_of("dropped", 0), ElementsAre(9, 39));
  EXPECT_THAT(instants_of("handover", 0), ElementsAre(9, 20, 39));
  EXPECT_THAT(instants_of("handover", 1), ElementsAre(10, 19.5, 40));
}

TEST_F(Traces, LeaveOutWhatIsOlderThanTheFirstSliceWhereEventsWereDropped) {
  drop_events_of(0);  // its slices begin at 15 us
  EXPECT_THAT(instants_of("operation", 0), IsEmpty());
  EXPECT_THAT(instants_of("asked", 0), ElementsAre(22));
  EXPECT_THAT(instants_of("dropped", 0), ElementsAre(39));
  EXPECT_THAT(instants_of("dropped", 1), ElementsAre(19.5, 45)) << "of this one none was dropped";
  // Flows come in pairs.
  EXPECT_THAT(instants_of("handover", 0), ElementsAre(20, 39));
  EXPECT_THAT(instants_of("handover", 1), ElementsAre(19.5, 40));
}

TEST_F(Traces, LeaveOutTheHandoverToALaneThatBeginsLater) {
  drop_events_of(1);  // its slices begin at 12 us
  EXPECT_THAT(instants_of("dropped", 0), ElementsAre(9, 39));
  EXPECT_THAT(instants_of("handover", 0), ElementsAre(20, 39));
  EXPECT_THAT(instants_of("handover", 1), ElementsAre(19.5, 40));
}

}  // namespace
}  // namespace convoy
