#include "harness/machine/cpu_time.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "tests/folder.hpp"

namespace convoy {
namespace {

using namespace std::chrono_literals;

// A machine whose CPU 0 was idle for 10 s, worked for 3 s and was stolen for 1 s.
constexpr const char* kBefore =
    "cpu  600 0 0 2000 0 0 0 100 0 0\n"
    "cpu0 200 50 50 900 100 5 5 100 0 0\n"
    "cpu1 300 0 0 1000 0 0 0 0 0 0\n"
    "intr 1 2 3\n";

CpuTimes times_of(const std::string& text) {
  const test::Folder folder;
  std::filesystem::create_directory(folder.path() / "proc");
  std::ofstream(folder.path() / "proc" / "stat") << text;
  return read_cpu_times(folder.path().string());
}

TEST(ReadCpuTimes, ReadsEachCpuInHundredthsOfASecond) {
  const CpuTimes times = times_of(kBefore);
  ASSERT_EQ(times.cpus.size(), 2U);
  EXPECT_EQ(times.cpus.at(0).worked, 3s);
  EXPECT_EQ(times.cpus.at(0).idle, 10s);
  EXPECT_EQ(times.cpus.at(0).stolen, nanoseconds(1s));
  EXPECT_EQ(times.cpus.at(1).worked, 3s);
}

TEST(ReadCpuTimes, IsEmptyWhereTheKernelDoesNotSay) {
  EXPECT_TRUE(read_cpu_times("/no/such/root").cpus.empty());
  EXPECT_TRUE(times_of("").cpus.empty());
  EXPECT_TRUE(times_of("cpu0 a b c\ncpux 1 2 3 4\n").cpus.empty());
}

TEST(ReadCpuTimes, KnowsNoStealOnOldKernels) {
  const CpuTimes times = times_of("cpu0 100 0 0 900\n");
  ASSERT_EQ(times.cpus.size(), 1U);
  EXPECT_FALSE(times.cpus.at(0).stolen.has_value());
  EXPECT_FALSE(use_between(times, times, CpuSet{0}).stolen.has_value());
}

TEST(ReadCpuTimes, ReadsThisMachine) {
  const CpuTimes times = read_cpu_times();
  EXPECT_FALSE(times.cpus.empty());
  EXPECT_GT(times.at, 0ns);
}

CpuTimes at(nanoseconds time, nanoseconds worked, nanoseconds idle, nanoseconds stolen = 0s) {
  return {.at = time, .cpus = {{0, {worked, idle, stolen}}, {1, {0s, time, 0s}}}};
}

TEST(UseBetween, TakesTheLesserOfWhatWorkedAndWhatWasNotIdle) {
  const CpuSet cpus{0};
  EXPECT_EQ(use_between(at(0s, 0s, 0s), at(10s, 4s, 5s), cpus).busy, 4s);
  EXPECT_EQ(use_between(at(0s, 0s, 0s), at(10s, 6s, 5s), cpus).busy, 5s);
  EXPECT_EQ(use_between(at(0s, 0s, 0s), at(10s, 6s, 5s, 2s), cpus).busy, 3s);
}

TEST(UseBetween, LooksAtTheGivenCpusThatBothReadingsHave) {
  const CpuUse use = use_between(at(0s, 0s, 0s), at(10s, 4s, 5s), CpuSet{0, 1, 7});
  EXPECT_EQ(use.cpus, 2);
  EXPECT_EQ(use.elapsed, 20s);
  EXPECT_EQ(use_between(at(0s, 0s, 0s), at(10s, 4s, 5s), CpuSet{7}).cpus, 0);
}

TEST(ForeignShare, IsWhatNobodyOfOursUsed) {
  const CpuUse use{.elapsed = 20s, .busy = 12s, .stolen = 0s, .cpus = 2};
  EXPECT_NEAR(*foreign_share(use, 2s), 0.5, 0.002);
  EXPECT_EQ(*foreign_share(use, 12s), 0);
  EXPECT_EQ(*foreign_share(use, 15s), 0);
  EXPECT_FALSE(foreign_share({}, 0s).has_value());
}

TEST(ForeignShare, DoesNotCountWhatAReadingMayBeWrongBy) {
  const CpuUse use{.elapsed = 400ms, .busy = 20ms, .stolen = 0s, .cpus = 2};
  EXPECT_EQ(*foreign_share(use, 0s), 0);
}

TEST(CpuTimeOf, IsThatOfAProcess) {
  const auto before = cpu_time_of(::getpid());
  ASSERT_TRUE(before.has_value());
  while (*cpu_time_of(::getpid()) == *before) {
  }
  EXPECT_GE(own_cpu_time(), 0ns);
  EXPECT_FALSE(cpu_time_of(-1).has_value());
  EXPECT_FALSE(cpu_time_of(0).has_value());
}

}  // namespace
}  // namespace convoy
