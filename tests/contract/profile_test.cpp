// Profiles of real crews: whatever the model and the lock, states add up and traces are well
// formed.
#include <gmock/gmock.h>
#include <unistd.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/measure/profile.hpp"
#include "harness/report/profile_files.hpp"
#include "tests/contract/crews.hpp"

namespace convoy {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Json = nlohmann::json;

Case case_of(const std::string& workload, const std::string& model, const std::string& gil,
             int workers, int carriers = 1) {
  Case c;
  c.workload = &find_workload(workload);
  c.arguments = c.workload->initial_arguments();
  c.model = &find_model(model);
  c.gil = parse_gil(gil);
  c.workers = workers;
  c.carriers = carriers;
  if (c.workload->peer != Transport::none) c.peer = PeerPlace::none;
  c.placement.seats = c.seats();
  c.name = name_of(c);
  return c;
}

Profile profile_of(const Case& c, std::size_t events = 10'000) {
  Sampler sampler(Topology::live(), {.minimum_round = 1ms, .minimum_intervals = 1});
  return take_profile(sampler, c, {.rounds = 2, .events = events, .round_limit = 60s});
}

std::int64_t nanoseconds_of(const Json& microseconds) {
  return std::llround(microseconds.get<double>() * 1000);
}

void check_states(const Json& states) {
  EXPECT_FALSE(states["seats"].empty());
  for (const Json& seat : states["seats"]) {
    std::int64_t sum = 0;
    for (const auto& [name, value] : seat["states"].items())
      sum += value.is_null() ? 0 : value.get<std::int64_t>();
    EXPECT_EQ(sum, seat["wall_ns"].get<std::int64_t>()) << seat;
    EXPECT_EQ(seat["wall_ns"],
              seat["end_ns"].get<std::int64_t>() - seat["arrived_ns"].get<std::int64_t>());
    EXPECT_GT(seat["states"]["running_ns"], 0);
    for (const char* kinds : {"io_ns", "lock_ns"}) {
      std::int64_t all = 0;
      for (const auto& [kind, value] : seat[kinds].items()) all += value.get<std::int64_t>();
      EXPECT_EQ(all, seat["states"][kinds]) << seat;
    }
  }
}

// Slices by lane, in order of time, as begin and end.
using Lanes = std::map<std::int64_t, std::vector<std::pair<std::int64_t, std::int64_t>>>;

Lanes lanes_of(const Json& events) {
  Lanes lanes;
  for (const Json& event : events)
    if (event["ph"] == "X") {
      const std::int64_t begin = nanoseconds_of(event["ts"]);
      lanes[event["tid"]].emplace_back(begin, begin + nanoseconds_of(event["dur"]));
    }
  for (auto& [lane, slices] : lanes) std::sort(slices.begin(), slices.end());
  return lanes;
}

bool covered(const Lanes& lanes, const Json& event) {
  const std::int64_t at = nanoseconds_of(event["ts"]);
  const auto lane = lanes.find(event["tid"].get<std::int64_t>());
  if (lane == lanes.end()) return false;
  return std::any_of(lane->second.begin(), lane->second.end(),
                     [&](const auto& slice) { return slice.first <= at && at <= slice.second; });
}

void check_trace(const Json& trace) {
  const Json& events = trace["traceEvents"];
  const Lanes lanes = lanes_of(events);
  std::set<std::int64_t> named;
  std::map<int, std::vector<std::string>> flows;
  for (const Json& event : events) {
    EXPECT_EQ(event["pid"], 1);
    if (event["ph"] == "M") {
      if (event["name"] == "thread_name") named.insert(event["tid"].get<std::int64_t>());
      continue;
    }
    EXPECT_GE(event["ts"], 0.0);
    if (event["ph"] == "s" || event["ph"] == "f") flows[event["id"]].push_back(event["ph"]);
    if (event["ph"] == "X") continue;
    EXPECT_TRUE(covered(lanes, event)) << event;
  }
  for (const auto& [lane, slices] : lanes) {
    EXPECT_TRUE(named.contains(lane)) << lane;
    for (std::size_t i = 1; i < slices.size(); ++i)
      EXPECT_LE(slices[i - 1].second, slices[i].first) << "lane " << lane << " overlaps";
  }
  for (const auto& [id, phases] : flows) EXPECT_EQ(phases, (std::vector<std::string>{"s", "f"}));
}

// Seats' slices follow each other from the start line to the end where nothing was dropped.
void check_no_gaps(const Json& states, const Json& trace) {
  const Lanes lanes = lanes_of(trace["traceEvents"]);
  for (const Json& seat : states["seats"]) {
    const auto& slices = lanes.at(seat["seat"].get<std::int64_t>() + 1);
    EXPECT_EQ(slices.front().first, seat["arrived_ns"]);
    for (std::size_t i = 1; i < slices.size(); ++i)
      EXPECT_EQ(slices[i - 1].second, slices[i].first);
    EXPECT_EQ(slices.back().second, seat["end_ns"]);
  }
}

struct Scene {
  std::string workload, model, gil;
  int workers, carriers;
};

void PrintTo(const Scene& scene, std::ostream* stream) {
  *stream << scene.workload << " under " << scene.model << " and " << scene.gil;
}

class ProfileContract : public contract::LeavesNothing,
                        public ::testing::WithParamInterface<Scene> {
 protected:
  // Loading it opens files, which are not to be counted as left behind.
  static void SetUpTestSuite() { Topology::live(); }
};

TEST_P(ProfileContract, StatesAddUpAndTracesAreWellFormed) {
  const auto& [workload, model, gil, workers, carriers] = GetParam();
  const Case c = case_of(workload, model, gil, workers, carriers);
  const Profile profile = profile_of(c);
  const Json states = Json::parse(states_text({profile, "", {}}));
  const Json trace = Json::parse(trace_text(profile));
  EXPECT_EQ(states["name"], c.name);
  EXPECT_EQ(states["seats"].size(), static_cast<std::size_t>(c.seats()));
  EXPECT_EQ(states["cost"]["plain_wall_ns"].size(), 2U);
  EXPECT_EQ(states["cost"]["recorded_wall_ns"].size(), 2U);
  check_states(states);
  check_trace(trace);
  if (states["events"]["dropped"] == 0) check_no_gaps(states, trace);
  std::size_t sharing = 0;
  for (const Json& lock : states["locks"]) sharing += lock["seats"].size();
  EXPECT_EQ(sharing, gil == "none" ? 0U : states["seats"].size());
  if (gil == "none") return;
  EXPECT_EQ(states["locks"].size(), model == "processes" ? states["seats"].size() : 1U);
}

INSTANTIATE_TEST_SUITE_P(
    Crews, ProfileContract,
    ::testing::Values(Scene{"cpu_pi", "threads", "cpython32", 2, 1},
                      Scene{"cpu_pi", "processes", "cpython32", 2, 1},
                      Scene{"cpu_pi", "coroutines", "none", 3, 1},
                      Scene{"cpu_pi", "single", "none", 2, 1},
                      Scene{"io_sleep", "threads", "cpython32", 2, 1},
                      Scene{"io_sleep", "processes", "none", 2, 1},
                      Scene{"io_sleep", "coroutines", "cpython32", 5, 2},
                      Scene{"io_pipe", "coroutines", "cpython32", 3, 1},
                      Scene{"gil_reacquire", "threads", "cpython32:interval=1ms", 1, 1},
                      Scene{"gil_reacquire", "threads", "cpython27", 1, 1},
                      Scene{"gil_reacquire", "processes", "cpython32:interval=1ms", 1, 1},
                      Scene{"gil_countdown", "threads", "cpython_subinterp", 4, 1}),
    [](const auto& scene) {
      const Scene& s = scene.param;
      return s.workload + "_" + s.model + "_" + s.gil.substr(0, s.gil.find(':'));
    });

// Sleeps behind the harness's back.
Task secretive_body(Worker& worker) {
  while (worker.next()) ::usleep(2000);
  co_return;
}
const Workload secretive = make_workload("secretive", "test", "", &secretive_body, NoAnswer{});

TEST(Profile, TimeThatNobodyMeasuresStaysUnattributed) {
  Case c = case_of("null", "threads", "none", 1);
  c.workload = &secretive;
  const Profile profile = profile_of(c);
  const SeatRecord& record = profile.traces.front().record;
  if (!record.run_delay_known) GTEST_SKIP() << "this kernel does not report run delays";
  // usleep sleeps at least as long; a late wake-up is run delay, or unattributed as well.
  const auto slept = static_cast<std::int64_t>(profile.round.operations) * 2ms;
  EXPECT_GE(record.states.unattributed() + record.states.runnable(), slept - 1ms);
}

TEST(Profile, AFullBufferDropsTheOldestAndSaysSo) {
  const Profile profile = profile_of(case_of("io_sleep", "threads", "none", 1), 2);
  const auto dropped = profile.dropped_events();
  ASSERT_GT(dropped, 0U);
  EXPECT_EQ(profile.traces.front().events.size(), 2U);
  EXPECT_THAT(notes_of(profile), Contains(HasSubstr("were dropped, the oldest first")));
  const Json states = Json::parse(states_text({profile, "", {}}));
  EXPECT_EQ(states["events"]["dropped"], dropped);
  check_states(states);
  check_trace(Json::parse(trace_text(profile)));
}

TEST(Profile, WithoutRecorderNoRoundIsRecorded) {
  const Profile profile = profile_of(case_of("cpu_pi", "threads", "none", 1), 0);
  EXPECT_EQ(profile.plain_walls.size(), 2U);
  EXPECT_THAT(profile.recorded_walls, IsEmpty());
  EXPECT_FALSE(profile.cost());
}

TEST(Profile, GoesOnUntilTheRoundsHaveLastedLongEnough) {
  Sampler sampler(Topology::live(), {.minimum_round = 1ms});
  // On a busy machine one round, kept from its CPU, may last for as long as all of them should.
  std::size_t rounds = 0;
  for (const nanoseconds duration : {30ms, 120ms, 480ms, 2000ms}) {
    const nanoseconds before = now();
    const Profile profile = take_profile(sampler, case_of("io_sleep", "threads", "none", 1),
                                         {.rounds = 1, .duration = duration});
    EXPECT_GE(now() - before, duration);
    nanoseconds all{0};
    for (const nanoseconds wall : profile.plain_walls) all += wall;
    EXPECT_LE(all, 60s);
    rounds = profile.plain_walls.size();
    if (rounds >= 2) break;
  }
  EXPECT_GE(rounds, 2U);
}

TEST(Profile, NamesWhoHeldTheLockDuringTheLongestWait) {
  const Profile profile =
      profile_of(case_of("gil_countdown", "threads", "cpython32:interval=100us", 2), 100'000);
  const auto locks = profile.locks();
  ASSERT_EQ(locks.size(), 1U);
  const int waiter = locks.front().longest_wait_seat.value_or(-1);
  if (waiter < 0) GTEST_SKIP() << "nobody had to wait";
  EXPECT_THAT(locks.front().longest_wait_holders, testing::Not(Contains(waiter)));
}

}  // namespace
}  // namespace convoy
