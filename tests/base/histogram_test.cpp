#include "harness/base/histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <vector>

namespace convoy {
namespace {

constexpr double kQuantiles[] = {0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999};

// The value at or below which a share q of the sorted values lies.
double exact_quantile(const std::vector<std::int64_t>& sorted, double q) {
  const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(sorted.size())));
  return static_cast<double>(sorted.at(std::max<std::size_t>(rank, 1) - 1));
}

void expect_close(std::vector<std::int64_t> values) {
  const auto histogram = std::make_unique<Histogram>();
  for (const std::int64_t value : values) histogram->add(value);
  std::sort(values.begin(), values.end());
  ASSERT_EQ(histogram->count(), values.size());
  EXPECT_EQ(histogram->largest(), values.back());
  EXPECT_EQ(histogram->quantile(1), static_cast<double>(values.back()));
  for (const double q : kQuantiles) {
    const double exact = exact_quantile(values, q);
    EXPECT_NEAR(histogram->quantile(q), exact, 0.01 * exact) << "quantile " << q;
  }
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  EXPECT_NEAR(histogram->mean(), sum / static_cast<double>(values.size()), 1e-9 * sum);
}

std::vector<std::int64_t> draw(const std::function<double(std::mt19937_64&)>& one) {
  std::mt19937_64 random(20240607);
  std::vector<std::int64_t> values(20'000);
  for (std::int64_t& value : values) value = std::max<std::int64_t>(0, std::llround(one(random)));
  return values;
}

TEST(Histogram, BucketsAreContiguousAndNarrow) {
  EXPECT_EQ(Histogram::lower_bound(0), 0);
  for (int i = 0; i + 1 < Histogram::kBuckets; ++i) {
    ASSERT_EQ(Histogram::upper_bound(i), Histogram::lower_bound(i + 1)) << i;
    ASSERT_EQ(Histogram::bucket_of(Histogram::lower_bound(i)), i);
    ASSERT_EQ(Histogram::bucket_of(Histogram::upper_bound(i) - 1), i);
    const auto width = Histogram::upper_bound(i) - Histogram::lower_bound(i);
    ASSERT_LE(width * Histogram::kSubBuckets,
              std::max<std::int64_t>(Histogram::lower_bound(i), 64));
  }
}

TEST(Histogram, ValuesBelow64AreExact) {
  for (std::int64_t value = 0; value < 64; ++value) {
    const auto histogram = std::make_unique<Histogram>();
    histogram->add(value);
    histogram->add(1000);
    EXPECT_EQ(histogram->quantile(0.5), static_cast<double>(value));
  }
}

TEST(Histogram, QuantilesAreWithinOnePercentOfTheExactOnes) {
  std::uniform_real_distribution<double> uniform(0, 1e6);
  std::exponential_distribution<double> exponential(1e-5);
  std::lognormal_distribution<double> lognormal(10, 2);
  std::normal_distribution<double> normal(5e6, 1e4);
  std::cauchy_distribution<double> heavy(1e5, 3e4);
  expect_close(draw([&](auto& random) { return uniform(random); }));
  expect_close(draw([&](auto& random) { return exponential(random); }));
  expect_close(draw([&](auto& random) { return lognormal(random); }));
  expect_close(draw([&](auto& random) { return normal(random); }));
  expect_close(draw([&](auto& random) { return std::min(1e11, std::abs(heavy(random))); }));
  expect_close(draw([&](auto& random) { return random() % 10 == 0 ? 5e6 : 900; }));
  expect_close(draw([](auto&) { return 12345; }));
}

TEST(Histogram, AnEmptyOneHasNothingToSay) {
  const auto histogram = std::make_unique<Histogram>();
  EXPECT_EQ(histogram->quantile(0.5), 0);
  EXPECT_EQ(histogram->mean(), 0);
  EXPECT_EQ(histogram->largest(), 0);
}

TEST(Histogram, ExtremeValuesFallIntoTheFirstAndTheLastBucket) {
  const auto histogram = std::make_unique<Histogram>();
  histogram->add(-5);
  histogram->add(INT64_MAX);
  EXPECT_EQ(histogram->counts().front(), 1U);
  EXPECT_EQ(histogram->counts().back(), 1U);
  EXPECT_EQ(histogram->quantile(0), 0);
  EXPECT_EQ(histogram->largest(), INT64_MAX);
}

TEST(Histogram, MergingEqualsAddingEverythingToOne) {
  const auto one = std::make_unique<Histogram>(), other = std::make_unique<Histogram>(),
             all = std::make_unique<Histogram>();
  for (std::int64_t value = 1; value < 2'000'000; value += value / 7 + 1) {
    (value % 2 == 0 ? one : other)->add(value);
    all->add(value);
  }
  one->merge(*other);
  EXPECT_EQ(one->count(), all->count());
  EXPECT_EQ(one->largest(), all->largest());
  EXPECT_DOUBLE_EQ(one->mean(), all->mean());
  EXPECT_TRUE(std::equal(one->counts().begin(), one->counts().end(), all->counts().begin()));
  one->clear();
  EXPECT_EQ(one->count(), 0U);
  EXPECT_EQ(one->quantile(0.9), 0);
}

}  // namespace
}  // namespace convoy
