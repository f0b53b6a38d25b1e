// How a lock is written on the command line, and what is said about a mistake.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/base/check.hpp"
#include "harness/gil/gil.hpp"

namespace convoy {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string complaint(const std::string& text) {
  try {
    parse_gil(text);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "no complaint";
}

TEST(ParseGil, ANameAloneMeansTheDefaults) {
  const GilSpec spec = parse_gil("cpython32");
  EXPECT_EQ(spec.policy->name, "cpython32");
  EXPECT_EQ(spec.text, "cpython32");
  EXPECT_EQ(spec.arguments, (std::vector<std::int64_t>{5'000'000, 1, 1}));
}

TEST(ParseGil, ReadsAssignmentsInAnyOrder) {
  const GilSpec spec = parse_gil("cpython32:timeout=off:interval=1ms");
  EXPECT_EQ(spec.arguments, (std::vector<std::int64_t>{1'000'000, 1, 0}));
  EXPECT_EQ(spec.text, "cpython32:interval=1ms:timeout=off");
}

TEST(ParseGil, TheTextLeavesDefaultsOut) {
  EXPECT_EQ(parse_gil("cpython32:interval=5000us:forced=on").text, "cpython32");
  EXPECT_EQ(parse_gil("cpython27:interval=1e2").text, "cpython27");
}

TEST(ParseGil, NamesTheNearestPolicyAndAllOfThem) {
  EXPECT_THAT(complaint("cpython23"), AllOf(HasSubstr("unknown gil 'cpython23'"),
                                            HasSubstr("did you mean"), HasSubstr("cpython32")));
  EXPECT_THAT(complaint("xyzzy"), AllOf(HasSubstr("none"), HasSubstr("mutex")));
  EXPECT_THAT(complaint(""), HasSubstr("unknown gil"));
}

TEST(ParseGil, NamesTheParametersThereAre) {
  EXPECT_THAT(complaint("cpython32:intervall=1ms"), AllOf(HasSubstr("has no parameter 'intervall'"),
                                                          HasSubstr("interval, forced, timeout")));
  EXPECT_THAT(complaint("none:interval=1ms"), HasSubstr("no parameter 'interval'"));
}

TEST(ParseGil, RefusesWhatIsNoAssignmentNoValueOrOutOfRange) {
  EXPECT_THAT(complaint("cpython32:forced"), HasSubstr("cpython32:name=value"));
  EXPECT_THAT(complaint("cpython32:interval=5"), HasSubstr("cpython32.interval: '5'"));
  EXPECT_THAT(complaint("cpython32:interval=0us"), HasSubstr("1us to"));
  EXPECT_THAT(complaint("cpython32:interval=2h"), HasSubstr("cpython32.interval"));
  EXPECT_THAT(complaint("cpython32:forced=maybe"), HasSubstr("neither on nor off"));
  EXPECT_THAT(complaint("cpython27:interval=0"), HasSubstr("out of range"));
}

TEST(GilSwitchInterval, IsADurationOrZeroWhereTheIntervalIsACountOrMissing) {
  EXPECT_EQ(parse_gil("cpython32:interval=2ms").switch_interval(), std::chrono::milliseconds(2));
  EXPECT_EQ(parse_gil("cpython27").switch_interval(), std::chrono::nanoseconds(0));
  EXPECT_EQ(parse_gil("none").switch_interval(), std::chrono::nanoseconds(0));
}

TEST(GilPolicies, AreSortedByName) {
  const auto& policies = gil_policies();
  EXPECT_GE(policies.size(), 4U);
  for (std::size_t i = 1; i < policies.size(); ++i)
    EXPECT_LT(policies[i - 1].name, policies[i].name);
}

}  // namespace
}  // namespace convoy
