#include "harness/machine/placement.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/base/check.hpp"
#include "tests/machine/labels.hpp"

namespace convoy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::request_of;

std::vector<std::string> seats(const std::string& tree, const std::string& placement, int count,
                               Overload overload = Overload::wrap, Width width = Width::place) {
  PlacementRequest request = request_of(placement);
  request.seats = count;
  request.overload = overload;
  request.width = width;
  std::vector<std::string> result;
  for (const CpuSet& seat : plan(Topology::from_synthetic(tree), request).seats) {
    result.push_back(seat.text());
  }
  return result;
}

template <typename Call>
std::string usage_error(Call call) {
  try {
    call();
  } catch (const UsageError& error) {
    return error.what();
  }
  return "no error";
}

const char* const kTwoPackages = "pack:2 core:4 pu:1";

TEST(Placement, DefaultsToWholeCoresCloseTogether) {
  PlacementRequest request;
  request.seats = 2;
  const PlacementPlan answer = plan(Topology::from_synthetic("pack:1 core:4 pu:2"), request);
  EXPECT_THAT(answer.seats, ElementsAre(CpuSet{0, 1}, CpuSet{2, 3}));
  EXPECT_THAT(answer.bound, ElementsAre(true, true));
  EXPECT_EQ(answer.label, "core.close");
  EXPECT_THAT(answer.fallbacks, IsEmpty());
  EXPECT_FALSE(answer.overloaded);
  EXPECT_FALSE(answer.is_this_system);
}

TEST(Placement, CloseFillsOnePackageBeforeTheNext) {
  EXPECT_THAT(seats(kTwoPackages, "core.close", 5), ElementsAre("0", "1", "2", "3", "4"));
}

TEST(Placement, ScatterAlternatesBetweenPackages) {
  EXPECT_THAT(seats(kTwoPackages, "core.scatter", 5), ElementsAre("0", "4", "1", "5", "2"));
}

TEST(Placement, ScatterTakesALevel) {
  EXPECT_THAT(seats("pack:2 l3:2 core:2 pu:1", "core.scatter:l3", 5),
              ElementsAre("0", "2", "4", "6", "1"));
  EXPECT_THAT(seats("pack:2 l3:2 core:2 pu:1", "core.scatter:package", 5),
              ElementsAre("0", "4", "1", "5", "2"));
}

TEST(Placement, ScatterOfPusTakesEveryCoreBeforeASibling) {
  EXPECT_THAT(seats("pack:1 core:3 pu:2", "pu.scatter", 6),
              ElementsAre("0", "2", "4", "1", "3", "5"));
}

TEST(Placement, SpreadTakesTheFirstPlaceOfEachPart) {
  EXPECT_THAT(seats(kTwoPackages, "core.spread", 2), ElementsAre("0", "4"));
  EXPECT_THAT(seats(kTwoPackages, "core.spread", 3), ElementsAre("0", "2", "5"));
  EXPECT_THAT(seats(kTwoPackages, "core.spread", 8),
              ElementsAre("0", "1", "2", "3", "4", "5", "6", "7"));
}

TEST(Placement, PrimaryPutsAllOnOnePlace) {
  EXPECT_THAT(seats(kTwoPackages, "core.primary", 3, Overload::error), ElementsAre("0", "0", "0"));
}

TEST(Placement, ListNamesThePlaces) {
  EXPECT_THAT(seats(kTwoPackages, "core.list:6,0,3", 3), ElementsAre("6", "0", "3"));
  EXPECT_THAT(seats(kTwoPackages, "core.list:6,0", 3), ElementsAre("6", "0", "6"));
}

TEST(Placement, NoneBindsNobody) {
  PlacementRequest request = request_of("none");
  request.seats = 9;
  request.overload = Overload::error;
  const PlacementPlan answer = plan(Topology::from_synthetic("core:2 pu:1"), request);
  EXPECT_THAT(answer.bound, ::testing::Each(false));
  EXPECT_EQ(answer.seats.front(), (CpuSet{0, 1}));
  EXPECT_EQ(answer.label, "none");
}

TEST(Placement, NoneStaysInsideTheAvailablePart) {
  PlacementRequest request = request_of("none");
  request.within.push_back(parse_within("package:1"));
  const PlacementPlan answer = plan(Topology::from_synthetic(kTwoPackages), request);
  EXPECT_EQ(answer.seats.front(), (CpuSet{4, 5, 6, 7}));
  EXPECT_TRUE(answer.bound.front());
}

TEST(Placement, CloseWrapsInBlocksWithTheExtrasFirst) {
  EXPECT_THAT(seats("core:3 pu:1", "core.close", 7),
              ElementsAre("0", "0", "0", "1", "1", "2", "2"));
}

TEST(Placement, ScatterAndSpreadWrapInTurn) {
  EXPECT_THAT(seats("pack:2 core:2 pu:1", "core.scatter", 5), ElementsAre("0", "2", "1", "3", "0"));
  EXPECT_THAT(seats("core:3 pu:1", "core.spread", 5), ElementsAre("0", "1", "2", "0", "1"));
}

TEST(Placement, WidthPuSharesAPlaceOutAmongItsSeats) {
  EXPECT_THAT(seats("core:2 pu:2", "core.close", 4, Overload::wrap, Width::pu),
              ElementsAre("0", "1", "2", "3"));
  EXPECT_THAT(seats("core:2 pu:2", "core.close", 2, Overload::wrap, Width::pu),
              ElementsAre("0", "2"));
}

TEST(Placement, UnbindLetsEverySeatGoOnOverload) {
  PlacementRequest request;
  request.seats = 3;
  request.overload = Overload::unbind;
  const PlacementPlan answer = plan(Topology::from_synthetic("core:2 pu:1"), request);
  EXPECT_TRUE(answer.overloaded);
  EXPECT_THAT(answer.bound, ElementsAre(false, false, false));
}

TEST(Placement, OverloadErrorShowsTheSetsAndTheWayOut) {
  const std::string error =
      usage_error([] { seats("core:2 pu:2", "core.close", 3, Overload::error); });
  for (const char* part : {"3 seats", "2 places", "0-1 2-3", "available: 0-3", "allowed: 0-3",
                           "--overload wrap", "--place"}) {
    EXPECT_THAT(error, HasSubstr(part));
  }
}

TEST(Placement, AnEmptyRestShowsEveryStepAndTheFlag) {
  PlacementRequest request;
  request.within = {parse_within("package:0"), parse_within("cpus:4-5")};
  const std::string error =
      usage_error([&] { plan(Topology::from_synthetic(kTwoPackages), request); });
  EXPECT_THAT(error, HasSubstr("allowed: 0-7"));
  EXPECT_THAT(error, HasSubstr("after --within package:0: 0-3"));
  EXPECT_THAT(error, HasSubstr("after --within cpus:4-5: none"));
  EXPECT_THAT(error, HasSubstr("leave --within cpus:4-5 away"));
}

TEST(Placement, FallsBackToTheNearestEnclosingLevel) {
  PlacementRequest request;
  parse_place("l2", request);
  const PlacementPlan answer = plan(Topology::from_synthetic("pack:2 l3:2 core:2 pu:1"), request);
  EXPECT_EQ(answer.places.size(), 4u);
  ASSERT_EQ(answer.fallbacks.size(), 1u);
  EXPECT_THAT(answer.fallbacks.front(), HasSubstr("l2 -> l3"));
}

TEST(Placement, FallsBackFromCoresToPusAndFromMemoryToTheMachine) {
  PlacementRequest request;
  EXPECT_THAT(plan(Topology::from_synthetic("pack:2 pu:2"), request).fallbacks,
              ElementsAre(HasSubstr("core -> pu")));
  parse_place("package", request);
  EXPECT_THAT(plan(Topology::from_synthetic("core:2 pu:2"), request).fallbacks,
              ElementsAre(HasSubstr("package -> machine")));
}

TEST(Placement, OverlappingMemoryNodesAreOnePlace) {
  PlacementRequest request;
  parse_place("numa", request);
  EXPECT_EQ(plan(Topology::from_synthetic("pack:2 [numa] [numa] core:2 pu:1"), request).places,
            (std::vector<CpuSet>{{0, 1}, {2, 3}}));
}

TEST(Placement, GroupsAreChosenByDepth) {
  PlacementRequest request;
  parse_place("group:0", request);
  EXPECT_EQ(plan(Topology::from_synthetic("group:2 pack:2 core:2 pu:1"), request).places,
            (std::vector<CpuSet>{{0, 1, 2, 3}, {4, 5, 6, 7}}));
  EXPECT_THAT(usage_error([&] { parse_place("group", request); }), HasSubstr("group:0"));
}

TEST(Placement, ExplicitPlacesAreCutToWhatIsAvailable) {
  PlacementRequest request;
  parse_place("0-1:6-9", request);
  const PlacementPlan answer = plan(Topology::from_synthetic(kTwoPackages), request);
  EXPECT_EQ(answer.places, (std::vector<CpuSet>{{0, 1}, {6, 7}}));
  EXPECT_THAT(answer.notes, ElementsAre(HasSubstr("6-9")));
  parse_place("{20}", request);
  EXPECT_THAT(usage_error([&] { plan(Topology::from_synthetic(kTwoPackages), request); }),
              HasSubstr("available: 0-7"));
}

TEST(Placement, SeatsOnIsolatedCpusGetOneEach) {
  PlacementRequest request;
  parse_place("machine", request);
  request.seats = 2;
  request.isolated = CpuSet{2, 3};
  request.within.push_back(parse_within("cpus:2-3"));
  const PlacementPlan answer = plan(Topology::from_synthetic("core:4 pu:1"), request);
  EXPECT_THAT(answer.seats, ElementsAre(CpuSet{2}, CpuSet{3}));
  EXPECT_THAT(answer.notes, ElementsAre(HasSubstr("isolated")));
}

TEST(Placement, TheControllerKeepsOffTheSeats) {
  PlacementRequest request;
  const Topology topology = Topology::from_synthetic("core:2 pu:1");
  EXPECT_EQ(controller_cpus(plan(topology, request)).cpus, CpuSet{1});
  EXPECT_FALSE(controller_cpus(plan(topology, request)).shares_pu);
  request.seats = 2;
  EXPECT_EQ(controller_cpus(plan(topology, request)).cpus, (CpuSet{0, 1}));
  EXPECT_TRUE(controller_cpus(plan(topology, request)).shares_pu);
}

TEST(Placement, MarksWorkersInTheDrawing) {
  PlacementRequest request;
  request.seats = 3;
  const Topology topology = Topology::from_synthetic("pack:1 core:2 pu:1");
  const std::string drawing = topology.drawing(worker_marks(plan(topology, request)));
  EXPECT_THAT(drawing, HasSubstr("pu 0 (cpu 0)  <- worker 0, 1\n"));
  EXPECT_THAT(drawing, HasSubstr("pu 1 (cpu 1)  <- worker 2\n"));
}

TEST(Placement, HomogeneousMachinesHaveNoSlowKind) {
  PlacementRequest request;
  const Topology topology = Topology::from_synthetic("core:2 pu:1");
  request.kind = parse_kind("perf");
  EXPECT_EQ(plan(topology, request).available.size(), 2);
  request.kind = parse_kind("eff");
  EXPECT_THAT(usage_error([&] { plan(topology, request); }), HasSubstr("omit --kind"));
}

TEST(Placement, RefusesImpossibleRequests) {
  EXPECT_THAT(usage_error([] { seats("core:2 pu:1", "core.close", 0); }), HasSubstr("--workers 1"));
  EXPECT_THAT(usage_error([] { seats("core:2 pu:1", "core.list:0,2", 1); }), HasSubstr("place 2"));
  EXPECT_THAT(usage_error([] { seats("pack:2 core:2 pu:1", "package.scatter:core", 2); }),
              HasSubstr("scatter:package"));
  PlacementRequest request;
  request.within = {parse_within("package:5")};
  EXPECT_THAT(usage_error([&] { plan(Topology::from_synthetic(kTwoPackages), request); }),
              HasSubstr("there are 2 of them"));
  request.within = {parse_within("l3:0")};
  EXPECT_THAT(usage_error([&] { plan(Topology::from_synthetic(kTwoPackages), request); }),
              HasSubstr("shows no l3"));
}

}  // namespace
}  // namespace convoy
