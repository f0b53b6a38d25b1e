#include "harness/machine/quota.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/folder.hpp"

namespace convoy {
namespace {

// A made-up /proc/self/cgroup and /sys/fs/cgroup, removed with the test.
class Quota : public ::testing::Test {
 protected:
  void write(const std::string& path, const std::string& text) {
    const std::filesystem::path file = root_ + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  CpuQuota read() { return read_cpu_quota(root_ + "/membership", root_ + "/cgroup"); }

  const test::Folder folder_;
  const std::string root_ = folder_.path();
};

TEST_F(Quota, VersionTwoTakesTheSmallestOfTheGroupAndItsAncestors) {
  write("/membership", "0::/outer/inner\n");
  write("/cgroup/outer/inner/cpu.max", "400000 100000\n");
  write("/cgroup/outer/cpu.max", "150000 100000\n");
  EXPECT_DOUBLE_EQ(read().cpus.value(), 1.5);
  EXPECT_THAT(read().source, ::testing::EndsWith("/outer/cpu.max"));
}

TEST_F(Quota, NoLimitIsNoQuota) {
  write("/membership", "0::/\n");
  write("/cgroup/cpu.max", "max 100000\n");
  EXPECT_FALSE(read().cpus);
}

TEST_F(Quota, VersionOneReadsItsController) {
  write("/membership", "5:memory:/x\n4:cpu,cpuacct:/jobs/a\n0::/\n");
  write("/cgroup/cpu,cpuacct/jobs/a/cpu.cfs_quota_us", "50000\n");
  write("/cgroup/cpu,cpuacct/jobs/a/cpu.cfs_period_us", "100000\n");
  write("/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
  write("/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  EXPECT_DOUBLE_EQ(read().cpus.value(), 0.5);
}

TEST_F(Quota, AMissingPathAsInContainersFallsBackToTheMount) {
  write("/membership", "0::/docker/123\n");
  write("/cgroup/cpu.max", "200000 100000\n");
  EXPECT_DOUBLE_EQ(read().cpus.value(), 2.0);
}

TEST_F(Quota, WarnsOnlyBelowTheAvailableCpus) {
  EXPECT_FALSE(quota_warning({std::nullopt, ""}, 4));
  EXPECT_FALSE(quota_warning({4.0, "f"}, 4));
  EXPECT_THAT(quota_warning({1.5, "f"}, 4).value(),
              ::testing::AllOf(::testing::HasSubstr("1.50"), ::testing::HasSubstr("--within")));
}

}  // namespace
}  // namespace convoy
