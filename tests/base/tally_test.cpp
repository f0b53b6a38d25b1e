#include "harness/base/tally.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace convoy {
namespace {

Tally tally_of(const std::vector<double>& values) {
  Tally tally;
  for (const double value : values) tally.add(value);
  return tally;
}

std::optional<double> combined(const Tally& tally, Combine combine) {
  return tally.combined(combine, 4, 0.5);
}

TEST(Tally, CombinesValuesAsToldTo) {
  const Tally tally = tally_of({3, -5, 8});
  EXPECT_EQ(combined(tally, Combine::sum), 6);
  EXPECT_EQ(combined(tally, Combine::mean), 2);
  EXPECT_EQ(combined(tally, Combine::max), 8);
  EXPECT_EQ(combined(tally, Combine::min), -5);
  EXPECT_EQ(combined(tally, Combine::per_operation), 1.5);
  EXPECT_EQ(combined(tally, Combine::per_second), 12);
}

TEST(Tally, OfNothingHasASumAndNoMean) {
  for (const Combine combine : {Combine::sum, Combine::per_operation, Combine::per_second})
    EXPECT_EQ(combined({}, combine), 0) << name_of(combine);
  for (const Combine combine : {Combine::mean, Combine::max, Combine::min})
    EXPECT_FALSE(combined({}, combine)) << name_of(combine);
}

TEST(Tally, MergesAsIfAllHadBeenToldToOne) {
  Tally merged;
  for (const auto& part : std::vector<std::vector<double>>{{}, {-2, -1}, {}, {-7}, {-3}})
    merged.merge(tally_of(part));
  const Tally whole = tally_of({-2, -1, -7, -3});
  EXPECT_EQ(merged.count, whole.count);
  EXPECT_EQ(merged.sum, whole.sum);
  EXPECT_EQ(merged.least, whole.least);
  EXPECT_EQ(merged.most, whole.most);
}

}  // namespace
}  // namespace convoy
