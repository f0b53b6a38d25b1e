#include "harness/machine/fitness.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cerrno>

namespace convoy {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

Verdict parallel(nanoseconds sequential, nanoseconds together) {
  return judge_parallel(ParallelTimes{sequential, together, true}).verdict;
}

TEST(Fitness, TwoProcessesMustOverlap) {
  EXPECT_EQ(parallel(100ms, 50ms), Verdict::ok);
  EXPECT_EQ(parallel(100ms, 60ms), Verdict::ok);
  EXPECT_EQ(parallel(100ms, 61ms), Verdict::unfit);
  EXPECT_EQ(parallel(100ms, 100ms), Verdict::unfit);
  EXPECT_EQ(judge_parallel({}).verdict, Verdict::warn);
  EXPECT_EQ(judge_pinning(ParallelTimes{100ms, 50ms, false}).verdict, Verdict::unfit);
}

TEST(Fitness, SleepsAreJudgedByTheir99thPercentile) {
  std::vector<nanoseconds> lateness(300, 60us);
  lateness[0] = lateness[1] = lateness[2] = 50ms;
  EXPECT_EQ(judge_sleep(lateness).verdict, Verdict::ok);
  lateness[3] = 50ms;
  EXPECT_EQ(judge_sleep(lateness).verdict, Verdict::unfit);
  EXPECT_EQ(judge_sleep({}).verdict, Verdict::unknown);
}

TEST(Fitness, StealIsAShareOfAllCpuTime) {
  EXPECT_EQ(judge_steal(0, 2s, 2).verdict, Verdict::ok);
  EXPECT_EQ(judge_steal(4, 2s, 2).verdict, Verdict::warn);
  EXPECT_EQ(judge_steal(40, 2s, 2).verdict, Verdict::unfit);
  EXPECT_THAT(judge_steal(40, 2s, 2).measured, HasSubstr("10.00 %"));
  EXPECT_EQ(judge_steal({}, 2s, 2).verdict, Verdict::unknown);
}

TEST(Fitness, FrequencyControlIsNamed) {
  EXPECT_EQ(judge_governor({"governor", "performance", {}, true}).verdict, Verdict::ok);
  EXPECT_EQ(judge_governor({"governor", "powersave", {}, true}).verdict, Verdict::warn);
  const Finding unknown = judge_governor({"governor", {}, "no cpufreq", true});
  EXPECT_EQ(unknown.verdict, Verdict::unknown);
  EXPECT_EQ(unknown.measured, "no cpufreq");
  EXPECT_EQ(judge_boost({"boost", "off", {}, true}).verdict, Verdict::ok);
  EXPECT_EQ(judge_boost({"boost", "on", {}, true}).verdict, Verdict::warn);
  EXPECT_EQ(judge_hypervisor({"hypervisor", "none", {}, true}).verdict, Verdict::ok);
  EXPECT_EQ(judge_hypervisor({"hypervisor", "KVMKVMKVM", {}, true}).verdict, Verdict::warn);
}

TEST(Fitness, AQuotaBelowTheCpusIsUnfit) {
  EXPECT_EQ(judge_quota({std::nullopt, ""}, 4).verdict, Verdict::ok);
  EXPECT_EQ(judge_quota({4.0, "f"}, 4).verdict, Verdict::ok);
  EXPECT_EQ(judge_quota({3.9, "f"}, 4).verdict, Verdict::unfit);
}

TEST(Fitness, ForeignAndInventedTreesAreNotTrusted) {
  const Fact none{"hypervisor", "none", {}, true};
  const Fact kvm{"hypervisor", "KVMKVMKVM", {}, true};
  EXPECT_EQ(judge_topology(Topology::parse("core:2 pu:1"), none).verdict, Verdict::unfit);
  EXPECT_EQ(judge_topology(Topology::live(), kvm).verdict, Verdict::warn);
  EXPECT_EQ(judge_environment({}).verdict, Verdict::ok);
  const Finding stray = judge_environment({"HWLOC_SYNTHETIC=pu:2"});
  EXPECT_EQ(stray.verdict, Verdict::warn);
  EXPECT_THAT(stray.measured, HasSubstr("HWLOC_SYNTHETIC=pu:2"));
}

TEST(Fitness, LoadIsJudgedPerCpu) {
  EXPECT_EQ(judge_load(0.4, 4).verdict, Verdict::ok);
  EXPECT_EQ(judge_load(4.0, 4).verdict, Verdict::warn);
  EXPECT_EQ(judge_load({}, 4).verdict, Verdict::unknown);
  EXPECT_EQ(judge_others(0.01).verdict, Verdict::ok);
  EXPECT_EQ(judge_others(0.05).verdict, Verdict::warn);
  EXPECT_EQ(judge_others(0.3).verdict, Verdict::unfit);
  EXPECT_EQ(judge_others({}).verdict, Verdict::unknown);
}

TEST(Fitness, WhateverIsNotOkSaysWhatToDo) {
  for (const Finding& finding :
       {judge_parallel(ParallelTimes{1ms, 1ms, true}), judge_sleep({5ms}), judge_steal(99, 1s, 1),
        judge_governor({"governor", "powersave", {}, true}), judge_load(9, 1),
        judge_quota({0.5, "f"}, 2)}) {
    EXPECT_GE(finding.verdict, Verdict::warn) << finding.name;
    EXPECT_NE(finding.advice, "") << finding.name;
    EXPECT_NE(finding.measured, "") << finding.name;
  }
}

TEST(Fitness, TheWorstFindingDecides) {
  EXPECT_EQ(worst({}), Verdict::ok);
  const auto finding = [](Verdict verdict) { return Finding{"name", verdict, "measured", ""}; };
  EXPECT_EQ(worst({finding(Verdict::warn), finding(Verdict::unknown)}), Verdict::warn);
  EXPECT_EQ(worst({finding(Verdict::ok), finding(Verdict::unfit)}), Verdict::unfit);
}

TEST(Fitness, ExaminingThisMachineLeavesNoProcessBehind) {
  const std::vector<Finding> findings = examine_machine(Topology::live());
  for (const Finding& finding : findings) {
    EXPECT_NE(finding.measured, "") << finding.name;
    EXPECT_STRNE(verdict_name(finding.verdict), "");
  }
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

}  // namespace
}  // namespace convoy
