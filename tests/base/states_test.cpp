#include "harness/base/states.hpp"

#include <gtest/gtest.h>

#include <deque>

namespace convoy {
namespace {

using namespace std::chrono_literals;

Reading at(nanoseconds wall, nanoseconds cpu, nanoseconds run_delay) {
  return {wall, cpu, run_delay};
}

nanoseconds sum(const SeatStates& states) {
  nanoseconds all =
      states.at_start_line() + states.running() + states.runnable() + states.unattributed();
  for (const WaitAccount& account : states.waits) all += account.blocked();
  return all;
}

TEST(SeatStates, CpuTimeAndRunDelayAreTakenOutOfWaits) {
  SeatStates states;
  StateLedger ledger(states);
  ledger.begin_round(at(1000ns, 100ns, 10ns), 400ns);
  EXPECT_EQ(ledger.begin_wait(at(2000ns, 1000ns, 110ns), WaitCause::io, 5), 100ns);
  EXPECT_EQ(ledger.end_wait(at(5000ns, 1200ns, 910ns)), 800ns);
  EXPECT_EQ(ledger.end_round(at(6000ns, 2200ns, 910ns)), 0ns);
  EXPECT_EQ(states.wall(), 5600ns);
  EXPECT_EQ(states.at_start_line(), 600ns);
  EXPECT_EQ(states.running(), 2100ns);
  EXPECT_EQ(states.runnable(), 900ns);
  EXPECT_EQ(states.of(WaitCause::io).blocked(), 2000ns);
  EXPECT_EQ(states.of(WaitCause::io).by_kind[5], 2000ns);
  EXPECT_EQ(states.of(WaitCause::io).wall, 3000ns);
  EXPECT_EQ(states.unattributed(), 0ns);
  EXPECT_EQ(sum(states), states.wall());
}

TEST(SeatStates, WhatNobodyMeasuredIsUnattributed) {
  SeatStates states;
  StateLedger ledger(states);
  ledger.begin_round(at(0ns, 0ns, 0ns), 0ns);
  ledger.begin_wait(at(1000ns, 300ns, 0ns), WaitCause::gil, 0);  // 700 ns were neither
  ledger.end_wait(at(2000ns, 300ns, 0ns));
  ledger.end_round(at(2500ns, 800ns, 0ns));
  EXPECT_EQ(states.unattributed(), 700ns);
  EXPECT_EQ(sum(states), states.wall());
}

TEST(SeatStates, ClocksThatTellTooMuchMakeItNegative) {
  SeatStates states;
  StateLedger ledger(states);
  ledger.begin_round(at(0ns, 0ns, 0ns), 0ns);
  ledger.end_round(at(1000ns, 900ns, 150ns));
  EXPECT_EQ(states.unattributed(), -50ns);
  EXPECT_EQ(sum(states), states.wall());
}

TEST(SeatStates, TheLongestWaitIsKeptWithItsBegin) {
  SeatStates states;
  StateLedger ledger(states);
  ledger.begin_round(at(0ns, 0ns, 0ns), 0ns);
  for (const auto& [begin, end] : {std::pair(100ns, 200ns), {300ns, 900ns}, {1000ns, 1100ns}}) {
    ledger.begin_wait(at(begin, 0ns, 0ns), WaitCause::gil, 0);
    ledger.end_wait(at(end, 0ns, 0ns));
  }
  ledger.end_round(at(2000ns, 0ns, 0ns));
  EXPECT_EQ(states.of(WaitCause::gil).count, 3U);
  EXPECT_EQ(states.of(WaitCause::gil).longest, 600ns);
  EXPECT_EQ(states.of(WaitCause::gil).longest_began, 300ns);
}

TEST(SeatStates, ANewRoundBeginsWithACleanAccount) {
  SeatStates states;
  StateLedger ledger(states);
  ledger.begin_round(at(0ns, 0ns, 0ns), 0ns);
  ledger.begin_wait(at(10ns, 0ns, 0ns), WaitCause::sleep, 0);
  ledger.end_wait(at(20ns, 0ns, 0ns));
  ledger.begin_round(at(100ns, 5ns, 7ns), 90ns);
  ledger.end_round(at(200ns, 105ns, 7ns));
  EXPECT_EQ(states.of(WaitCause::sleep).count, 0U);
  EXPECT_EQ(states.running(), 100ns);
  EXPECT_EQ(sum(states), 110ns);
}

// Plays clocks that go on by a step each reading of the wall clock, and by what the script says
// happens before it.
struct Script {
  nanoseconds wall{1000000}, cpu{500}, delay{70};
  std::deque<nanoseconds> preempted;  // before each reading of the wall clock
  int delays_read = 0;
};
struct ScriptedClocks {
  Script* script;
  nanoseconds wall() const {
    script->wall += 10ns;
    script->cpu += 10ns;
    if (!script->preempted.empty()) {
      script->wall += script->preempted.front();
      script->delay += script->preempted.front();
      script->preempted.pop_front();
    }
    return script->wall;
  }
  nanoseconds cpu() const { return script->cpu; }
  nanoseconds run_delay() const {
    ++script->delays_read;
    return script->delay;
  }
};

TEST(JointClock, ReadsTheWallClockOnBothSidesOfTheCpuClock) {
  Script script;
  JointClock clock(ScriptedClocks{&script});
  const Reading reading = clock.read();
  EXPECT_EQ(reading.wall, 1000015ns);
  EXPECT_EQ(reading.cpu, 510ns);
  EXPECT_EQ(reading.run_delay, 70ns);
}

TEST(JointClock, LeavesTheRunDelayUnreadWhereTheThreadRanOn) {
  Script script;
  JointClock clock(ScriptedClocks{&script});
  clock.read();
  const int before = script.delays_read;
  EXPECT_EQ(clock.read().run_delay, 70ns);
  EXPECT_EQ(script.delays_read, before);
  script.preempted = {400ns};
  EXPECT_EQ(clock.read().run_delay, 470ns);
  EXPECT_EQ(script.delays_read, before + 1);
}

TEST(JointClock, ReadsAgainWhereAnotherThreadCameBetween) {
  Script script;
  JointClock clock(ScriptedClocks{&script});
  const Reading first = clock.read();
  script.preempted = {0ns, 5ms};  // between the CPU clock and the wall clock
  const Reading second = clock.read();
  EXPECT_EQ((second - first).blocked(), 0ns);
  EXPECT_EQ(second.run_delay, 70ns + 5ms);
}

TEST(JointClock, GivesUpWhereItIsDisturbedForGoodAndTakesTheLeastDisturbedReading) {
  Script script;
  JointClock clock(ScriptedClocks{&script});
  clock.read();
  script.preempted = std::deque<nanoseconds>(100, 1ms);
  clock.read();
  EXPECT_GT(script.preempted.size(), 80U);
}

}  // namespace
}  // namespace convoy
