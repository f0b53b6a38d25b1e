#include "harness/machine/cpu_set.hpp"

#include <gtest/gtest.h>

#include "harness/base/check.hpp"

namespace convoy {
namespace {

TEST(CpuSet, TextIsReadAndWritten) {
  for (const char* text : {"", "0", "0-3", "0-3,8", "1,3,5-7,4096"}) {
    EXPECT_EQ(CpuSet::parse(text).text(), text);
  }
  EXPECT_EQ(CpuSet::parse("3,1,2,1\n").text(), "1-3");
}

TEST(CpuSet, NonsenseIsRefused) {
  for (const char* text :
       {"x", "1,", ",1", "1-", "-1", "3-1", "1 2", "0x3", "99999999999", "70000"}) {
    EXPECT_THROW(CpuSet::parse(text), UsageError) << text;
  }
}

TEST(CpuSet, IsASet) {
  const CpuSet left{0, 1, 2};
  const CpuSet right{2, 3};
  EXPECT_EQ(left & right, CpuSet{2});
  EXPECT_EQ(left | right, (CpuSet{0, 1, 2, 3}));
  EXPECT_EQ(left - right, (CpuSet{0, 1}));
  EXPECT_TRUE(left.intersects(right));
  EXPECT_FALSE(CpuSet{0}.intersects(right));
  EXPECT_TRUE(left.contains(CpuSet{0, 2}));
  EXPECT_FALSE(left.contains(right));
}

TEST(CpuSet, MasksHoldCpusBeyondThoseOfCpuSetT) {
  const CpuSet cpus{0, 63, 64, 2047};
  EXPECT_EQ(cpus.kernel_mask().size(), 32u);
  EXPECT_EQ(CpuSet::from_kernel_mask(cpus.kernel_mask()), cpus);
}

}  // namespace
}  // namespace convoy
