#include "harness/machine/yardstick.hpp"

#include <gtest/gtest.h>

namespace convoy {
namespace {

using namespace std::chrono_literals;

TEST(Yardsticks, KeepsSilentUntilACpuHasShownEnough) {
  Yardsticks yardsticks;
  for (std::size_t i = 1; i < Yardsticks::kFewest; ++i)
    EXPECT_FALSE(yardsticks.note({0}, 500us).has_value()) << i;
  EXPECT_EQ(*yardsticks.note({0}, 500us), 1);
}

TEST(Yardsticks, ComparesWithTheMedianOfTheSameCpu) {
  Yardsticks yardsticks;
  for (int i = 0; i < 20; ++i) {
    yardsticks.note({0}, 400us);
    yardsticks.note({1}, 800us);
  }
  EXPECT_EQ(*yardsticks.note({0}, 800us), 0.5);
  EXPECT_EQ(*yardsticks.note({1}, 800us), 1);
  EXPECT_FALSE(yardsticks.note({0, 1}, 800us).has_value());
}

TEST(LayYardstick, TakesSomeTime) { EXPECT_GT(lay_yardstick(ThreadMeter()), 10us); }

TEST(Spin, DoesSoManySteps) {
  EXPECT_EQ(spin(0), 88172645463325252ULL);
  EXPECT_EQ(spin(1), 8748534153485358512ULL);  // Marsaglia 2003, the first number of his example
}

}  // namespace
}  // namespace convoy
