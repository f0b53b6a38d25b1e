#include "harness/base/statistics.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <random>

namespace convoy {
namespace {

std::vector<double> one_to(int n) {
  std::vector<double> values(static_cast<std::size_t>(n));
  std::iota(values.begin(), values.end(), 1.0);
  std::mt19937 random(7);
  std::shuffle(values.begin(), values.end(), random);
  return values;
}

TEST(Median, IsTheMiddleOrTheMeanOfTheMiddleTwo) {
  EXPECT_EQ(median({3}), 3);
  EXPECT_EQ(median({9, 1, 5}), 5);
  EXPECT_EQ(median({4, 1, 2, 100}), 3);
}

TEST(MedianInterval, NeedsSixValuesForNinetyFivePercent) {
  for (int n = 1; n < 6; ++n) EXPECT_FALSE(median_interval(one_to(n))) << n;
  const auto interval = median_interval(one_to(6));
  ASSERT_TRUE(interval);
  EXPECT_EQ(interval->low, 1);
  EXPECT_EQ(interval->high, 6);
}

// Ranks from tables of the sign test (two-sided, 95 %).
TEST(MedianInterval, TakesTheRanksOfTheTables) {
  const struct {
    int n, low;
  } rows[] = {{6, 1},  {8, 1},  {9, 2},   {11, 2},  {12, 3},  {15, 4},
              {20, 6}, {25, 8}, {30, 10}, {40, 14}, {50, 18}, {100, 40}};
  for (const auto& row : rows) {
    const auto interval = median_interval(one_to(row.n));
    ASSERT_TRUE(interval) << row.n;
    EXPECT_EQ(interval->low, row.low) << row.n;
    EXPECT_EQ(interval->high, row.n + 1 - row.low) << row.n;
  }
}

TEST(MedianInterval, WidensWithConfidence) {
  const auto narrow = median_interval(one_to(40), 0.80), wide = median_interval(one_to(40), 0.99);
  ASSERT_TRUE(narrow && wide);
  EXPECT_LT(wide->low, narrow->low);
  EXPECT_GT(wide->high, narrow->high);
  EXPECT_TRUE(median_interval(one_to(5), 0.90));
}

// P(Binomial(n, 1/2) in [k, n - k]): what an interval between the k-th smallest and largest covers.
double coverage(int n, int k) {
  double covered = 0;
  for (int i = k; i <= n - k; ++i)
    covered += std::exp(std::lgamma(n + 1) - std::lgamma(i + 1) - std::lgamma(n - i + 1) -
                        n * std::log(2));
  return covered;
}

TEST(MedianInterval, CoversWhatItPromisesAndIsTheNarrowestThatDoes) {
  for (int n = 6; n <= 300; ++n) {
    const auto interval = median_interval(one_to(n));
    ASSERT_TRUE(interval) << n;
    const int k = static_cast<int>(interval->low);
    EXPECT_GE(coverage(n, k), 0.95) << n;
    EXPECT_LT(coverage(n, k + 1), 0.95) << n;
  }
}

TEST(MedianInterval, CoversTheTrueMedianOfSkewedValues) {
  std::mt19937_64 random(42);
  std::lognormal_distribution<double> skewed(0, 1.5);  // its median is 1
  int covered = 0;
  constexpr int kTrials = 4000;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<double> values(15);
    for (double& value : values) value = skewed(random);
    const auto interval = median_interval(values);
    covered += interval->low <= 1 && 1 <= interval->high;
  }
  // The exact coverage at 15 values is 0.9648; three standard deviations of the simulation are
  // 0.009.
  EXPECT_NEAR(covered / double{kTrials}, coverage(15, 4), 0.009);
}

TEST(MedianInterval, IsOneValueWhereAllAreEqual) {
  const auto interval = median_interval(std::vector<double>(10, 2.5));
  ASSERT_TRUE(interval);
  EXPECT_EQ(interval->low, 2.5);
  EXPECT_EQ(interval->high, 2.5);
}

TEST(SequentialInterval, NeedsSixValuesAndThenIsTheirRange) {
  EXPECT_FALSE(sequential_interval(one_to(5)).has_value());
  const auto interval = sequential_interval(one_to(6));
  ASSERT_TRUE(interval);
  EXPECT_EQ(interval->low, 1);
  EXPECT_EQ(interval->high, 6);
}

TEST(SequentialInterval, IsNeverNarrowerThanThePlainOneAndNotMuchWider) {
  for (int n = 6; n <= 400; ++n) {
    const auto sequential = sequential_interval(one_to(n)), plain = median_interval(one_to(n));
    ASSERT_TRUE(sequential) << n;
    EXPECT_LE(sequential->low, plain->low) << n;
    EXPECT_EQ(sequential->low + sequential->high, n + 1) << n;
    if (n > 40) {
      EXPECT_GT(sequential->low, plain->low * 0.75) << n;
    }
  }
}

TEST(IsALook, ComesSeldomer) {
  std::vector<std::size_t> looks;
  for (std::size_t n = 0; n <= 60; ++n)
    if (is_a_look(n)) looks.push_back(n);
  EXPECT_EQ(looks, (std::vector<std::size_t>{6, 11, 15, 19, 23, 28, 35, 43, 53}));
}

// How often the interval of a series holds the median, when the series stops at the first look at
// which the interval is narrow enough, or after so many values.
double sequential_coverage(const std::function<double(std::mt19937_64&)>& value, double middle,
                           double precision, std::size_t most) {
  std::mt19937_64 random(7);
  constexpr int kTrials = 4000;
  int covered = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<double> values;
    std::optional<Interval> interval;
    for (bool stopped = false; !stopped && values.size() < most;) {
      values.push_back(value(random));
      interval = sequential_interval(values);
      stopped = interval && is_a_look(values.size()) &&
                (interval->high - interval->low) / 2 <= precision * median(values);
    }
    covered += interval->low <= middle && middle <= interval->high;
  }
  return covered / double{kTrials};
}

TEST(SequentialInterval, CoversTheMedianWhateverTheNoiseAndTheRuleToStop) {
  std::normal_distribution<double> normal(100, 4);
  std::lognormal_distribution<double> skewed(0, 0.1);
  std::bernoulli_distribution other(0.35);
  std::normal_distribution<double> narrow(0, 1);
  const std::vector<std::pair<std::function<double(std::mt19937_64&)>, double>> noises{
      {[&](auto& random) { return normal(random); }, 100.0},
      {[&](auto& random) { return skewed(random); }, 1.0},
      {[&](auto& random) { return narrow(random) + (other(random) ? 130 : 100); }, 100.73632},
  };
  for (std::size_t noise = 0; noise < noises.size(); ++noise)
    for (const double precision : {0.01, 0.03, 0.06, 0.1})
      for (const std::size_t most : {14, 31, 60}) {
        const auto& [value, middle] = noises[noise];
        EXPECT_GE(sequential_coverage(value, middle, precision, most), 0.94)
            << "noise " << noise << ", precision " << precision << ", at most " << most;
      }
}

}  // namespace
}  // namespace convoy
