#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/base/check.hpp"
#include "harness/machine/placement.hpp"
#include "tests/machine/labels.hpp"

namespace convoy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <typename Call>
std::string usage_error(Call call) {
  try {
    call();
  } catch (const UsageError& error) {
    return error.what();
  }
  return "no error";
}

TEST(PlacementWords, UnderstandsOpenMp) {
  EXPECT_EQ(parse_level("threads"), parse_level("pu"));
  EXPECT_EQ(parse_level("cores"), parse_level("core"));
  EXPECT_EQ(parse_level("numa_domains"), parse_level("numa"));
  EXPECT_EQ(parse_level("sockets"), parse_level("package"));
  EXPECT_TRUE(parse_level("ll_caches").last_cache);
}

TEST(PlacementWords, LastLevelCacheIsTheLargestThereIs) {
  PlacementRequest request;
  parse_place("ll_caches", request);
  EXPECT_EQ(plan(Topology::from_synthetic("l3:2 l2:2 core:2 pu:1"), request).places.size(), 2u);
  EXPECT_EQ(plan(Topology::from_synthetic("l2:4 core:2 pu:1"), request).places.size(), 4u);
}

TEST(PlacementWords, UnknownOnesNameThePossibleOnes) {
  PlacementRequest request;
  EXPECT_THAT(
      usage_error([&] { parse_place("socket", request); }),
      ::testing::AllOf(HasSubstr("\"socket\""), HasSubstr("package"), HasSubstr("sockets")));
  EXPECT_THAT(usage_error([] { parse_policy("compact"); }),
              ::testing::AllOf(HasSubstr("close"), HasSubstr("scatter:LEVEL")));
  EXPECT_THAT(usage_error([] { parse_policy("scatter:shelf"); }), HasSubstr("numa"));
  EXPECT_THAT(usage_error([] { parse_kind("fast"); }), HasSubstr("all, perf, eff"));
  EXPECT_THAT(usage_error([] { parse_smt("yes"); }), HasSubstr("on, off"));
  EXPECT_THAT(usage_error([] { parse_width("half"); }), HasSubstr("place, pu"));
  EXPECT_THAT(usage_error([] { parse_overload("maybe"); }), HasSubstr("error, wrap, unbind"));
  EXPECT_THAT(usage_error([] { parse_within("package"); }), HasSubstr("package:0"));
  EXPECT_THAT(usage_error([] { parse_policy("list:"); }), HasSubstr("list:0,2,1"));
  EXPECT_THAT(usage_error([&] { parse_place("", request); }), HasSubstr("write one of"));
}

TEST(PlacementWords, ReadsPlacesInTwoForms) {
  PlacementRequest request;
  parse_place("0-1:2,4", request);
  EXPECT_THAT(request.place_list, ElementsAre(CpuSet{0, 1}, CpuSet{2, 4}));
  parse_place("{0,1},{2-3}", request);
  EXPECT_THAT(request.place_list, ElementsAre(CpuSet{0, 1}, CpuSet{2, 3}));
  for (const char* nonsense : {"{0", "{0}{", "{}", "0::1", "{0},1", "0-1:1-2", "5-2"}) {
    EXPECT_NE(usage_error([&] { parse_place(nonsense, request); }), "no error") << nonsense;
  }
}

TEST(PlacementWords, LabelsCanBeReadBack) {
  for (const char* label :
       {"core.close", "pu.scatter", "core.scatter:numa", "l3.spread", "none", "0-1:2-3.close",
        "core.list:2,0", "group:1.primary", "ll_caches.close"}) {
    EXPECT_EQ(placement_label(testing::request_of(label)), label);
  }
}

}  // namespace
}  // namespace convoy
