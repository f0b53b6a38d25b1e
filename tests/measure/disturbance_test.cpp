#include "harness/measure/disturbance.hpp"

#include <gmock/gmock.h>

namespace convoy {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A quiet round of 100 ms in which each seat computed throughout.
RoundEvidence round_of(std::vector<CpuSet> seats) {
  RoundEvidence evidence;
  evidence.wall = 100ms;
  evidence.cpus = 2;
  for (CpuSet& cpus : seats) evidence.seats.push_back({std::move(cpus), 100ms, 0ns});
  return evidence;
}

TEST(Judge, FindsNothingInAQuietRound) { EXPECT_THAT(judge(round_of({{0}, {1}})), IsEmpty()); }

TEST(Judge, SeesASeatThatWaitedForACpuOfItsOwn) {
  RoundEvidence evidence = round_of({{0}, {1}});
  evidence.seats[1].run_delay = 1100us;
  EXPECT_THAT(judge(evidence), ElementsAre(Disturbance::run_delay));
  evidence.seats[1].run_delay = 900us;
  EXPECT_THAT(judge(evidence), IsEmpty());
}

TEST(Judge, HasSeatsOfOneCpuWaitForEachOther) {
  RoundEvidence evidence = round_of({{0}, {0}});
  evidence.seats[0] = {{0}, 50ms, 50ms};
  evidence.seats[1] = {{0}, 50ms, 50ms};
  EXPECT_THAT(judge(evidence), IsEmpty());
  // A third of the CPU went elsewhere.
  evidence.seats[0] = {{0}, 33ms, 67ms};
  evidence.seats[1] = {{0}, 33ms, 67ms};
  EXPECT_THAT(judge(evidence), ElementsAre(Disturbance::run_delay));
}

TEST(Judge, HasSeatsWaitForPeersAndHelpersThatMayMeetThem) {
  RoundEvidence evidence = round_of({{0}});
  evidence.seats[0].run_delay = 40ms;
  evidence.peer = 40ms;
  evidence.peer_cpus = {0};
  EXPECT_THAT(judge(evidence), IsEmpty());
  evidence.peer_cpus = {1};
  EXPECT_THAT(judge(evidence), ElementsAre(Disturbance::run_delay));
  evidence.peer_cpus = {};
  EXPECT_THAT(judge(evidence), IsEmpty());
  evidence.peer = 0ns;
  evidence.helpers = 40ms;
  EXPECT_THAT(judge(evidence), IsEmpty());
}

TEST(Judge, KnowsNothingOfSeatsThatAreNotBoundOrHaveNoAccount) {
  RoundEvidence evidence = round_of({{}, {0}});
  evidence.seats[0].run_delay = 90ms;
  evidence.seats[1].run_delay = nanoseconds(-1);
  EXPECT_THAT(judge(evidence), IsEmpty());
}

TEST(Judge, ForgivesShortRoundsAWakeUp) {
  RoundEvidence evidence = round_of({{0}});
  evidence.wall = 1ms;
  evidence.seats[0].run_delay = 40us;
  EXPECT_THAT(judge(evidence), IsEmpty());
  evidence.seats[0].run_delay = 60us;
  EXPECT_THAT(judge(evidence), ElementsAre(Disturbance::run_delay));
}

TEST(Judge, SeesASlowCpuAndAStolenOne) {
  RoundEvidence evidence = round_of({{0}, {1}});
  evidence.yardstick = 0.76;
  evidence.stolen = 0ns;
  EXPECT_THAT(judge(evidence), IsEmpty());
  evidence.yardstick = 0.74;
  EXPECT_THAT(judge(evidence), ElementsAre(Disturbance::yardstick));
  evidence.stolen = 10ms;
  EXPECT_THAT(judge(evidence), ElementsAre(Disturbance::yardstick, Disturbance::steal));
}

// A machine of one CPU on which others take a share of the time.
class ForeignWorkOfMocks : public ::testing::Test {
 protected:
  void pass(nanoseconds time, double foreign, double ours = 0.5) {
    const auto part = [&](double share) {
      return nanoseconds(static_cast<std::int64_t>(static_cast<double>(time.count()) * share));
    };
    reading_.times.at += time;
    CpuTime& cpu = reading_.times.cpus[0];
    cpu.worked += part(foreign + ours);
    cpu.idle += part(1 - foreign - ours);
    reading_.own += part(ours);
  }

  ForeignWork::Reading reading_{.times = {.at = 1s, .cpus = {{0, {0s, 0s, 0s}}}}, .own = 0s};
  ForeignWork work_{{0}, [this] { return reading_; }};
};

TEST_F(ForeignWorkOfMocks, TellsAtTheEndOfAWindow) {
  pass(600ms, 0.4);
  EXPECT_FALSE(work_.look(false).has_value());
  pass(600ms, 0.4);
  EXPECT_EQ(work_.look(false), true);
  pass(1200ms, 0);
  EXPECT_EQ(work_.look(false), false);
  EXPECT_NEAR(*work_.share(), 0.2, 0.01);
}

TEST_F(ForeignWorkOfMocks, ToleratesALittle) {
  pass(2s, 0.025);
  EXPECT_EQ(work_.look(false), false);
  pass(2s, 0.04);
  EXPECT_EQ(work_.look(false), true);
}

TEST_F(ForeignWorkOfMocks, EndsAWindowWhenItMustUnlessItIsTooShortToTell) {
  pass(300ms, 0.4);
  EXPECT_EQ(work_.look(true), true);
  pass(100ms, 0.4);
  EXPECT_EQ(work_.look(true), false);
  pass(900ms, 0.4);  // goes on with what was too short
  EXPECT_EQ(work_.look(false), true);
}

TEST_F(ForeignWorkOfMocks, SaysNothingWhereTheKernelSaysNothing) {
  ForeignWork blind({0}, [this] {
    reading_.times.at += 2s;
    return ForeignWork::Reading{{.at = reading_.times.at, .cpus = {}}, 0s};
  });
  EXPECT_EQ(blind.look(false), false);
  EXPECT_FALSE(blind.share().has_value());
  EXPECT_FALSE(blind.steal_share().has_value());
}

}  // namespace
}  // namespace convoy
