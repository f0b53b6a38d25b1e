// What holds for every plan on every machine, over invented trees and over a folder of real ones.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <set>

#include "harness/base/check.hpp"
#include "harness/machine/placement.hpp"
#include "tests/folder.hpp"
#include "tests/machine/trees.hpp"

namespace convoy {
namespace {

using testing::Tree;

enum class Source { synthetic, corpus };

// Loads the trees once a source; the tests of a source nobody names are skipped and say so.
class PlacementProperties : public ::testing::TestWithParam<Source> {
 protected:
  void SetUp() override {
    if (trees().empty()) {
      GTEST_SKIP() << "CONVOY_TOPOLOGIES does not name a folder of topology XML files";
    }
  }

  static const std::vector<Tree>& trees() {
    static const std::vector<Tree> synthetic = testing::load_trees(testing::synthetic_sources());
    static const std::vector<Tree> corpus = testing::load_trees(testing::corpus_sources());
    return GetParam() == Source::synthetic ? synthetic : corpus;
  }
};

INSTANTIATE_TEST_SUITE_P(Trees, PlacementProperties,
                         ::testing::Values(Source::synthetic, Source::corpus),
                         [](const auto& source) {
                           return source.param == Source::synthetic ? "synthetic" : "corpus";
                         });

PlacementRequest request_for(const std::string& place, const std::string& policy, int seats) {
  PlacementRequest request;
  parse_place(place, request);
  request.policy = parse_policy(policy);
  request.seats = seats;
  return request;
}

const std::vector<std::string> kPlaces{"pu",   "core",    "l2",      "l3",
                                       "numa", "package", "machine", "ll_caches"};
const std::vector<std::string> kPolicies{"close", "scatter", "spread", "primary", "none"};

// Calls `check` with a request for each place, policy and some numbers of seats up to twice the
// number of places.
template <typename Check>
void over_requests(const Tree& tree, Check check) {
  for (const std::string& place : kPlaces) {
    const int places =
        static_cast<int>(plan(tree.topology, request_for(place, "close", 1)).places.size());
    for (const std::string& policy : kPolicies) {
      for (const int seats :
           std::set<int>{1, 2, 3, places / 2 + 1, places, places + 1, 2 * places}) {
        SCOPED_TRACE(tree.source + " " + place + "." + policy + " seats " + std::to_string(seats));
        check(request_for(place, policy, seats), places);
        if (::testing::Test::HasFailure()) return;
      }
    }
  }
}

bool pairwise_disjoint(const std::vector<CpuSet>& sets) {
  CpuSet all;
  for (const CpuSet& set : sets) {
    if (set.intersects(all)) return false;
    all = all | set;
  }
  return true;
}

TEST_P(PlacementProperties, EverySeatHasCpusAndTheyAreAvailable) {
  for (const Tree& tree : trees()) {
    over_requests(tree, [&](const PlacementRequest& request, int) {
      const PlacementPlan answer = plan(tree.topology, request);
      ASSERT_EQ(answer.seats.size(), static_cast<std::size_t>(request.seats));
      for (const CpuSet& seat : answer.seats) {
        EXPECT_FALSE(seat.empty());
        EXPECT_TRUE(answer.available.contains(seat)) << seat.text();
      }
    });
  }
}

TEST_P(PlacementProperties, PlacesAreDisjointAndCoverWhatIsAvailable) {
  for (const Tree& tree : trees()) {
    for (const std::string& place : kPlaces) {
      SCOPED_TRACE(tree.source + " " + place);
      const PlacementPlan answer = plan(tree.topology, request_for(place, "close", 1));
      EXPECT_TRUE(pairwise_disjoint(answer.places));
      CpuSet all;
      for (const CpuSet& set : answer.places) all = all | set;
      EXPECT_EQ(all, answer.available);
    }
  }
}

TEST_P(PlacementProperties, SeatsUpToTheNumberOfPlacesAreDisjoint) {
  for (const Tree& tree : trees()) {
    over_requests(tree, [&](PlacementRequest request, int places) {
      const Distribution policy = request.policy.distribution;
      if (request.seats > places) return;
      if (policy == Distribution::none || policy == Distribution::primary) return;
      for (const Width width : {Width::place, Width::pu}) {
        request.width = width;
        EXPECT_TRUE(pairwise_disjoint(plan(tree.topology, request).seats));
      }
    });
  }
}

TEST_P(PlacementProperties, AsManySeatsAsCoresGetDistinctCores) {
  for (const Tree& tree : trees()) {
    const auto& cores = tree.topology.objects(Level::core);
    if (cores.empty()) continue;
    SCOPED_TRACE(tree.source);
    for (const std::string policy : {"close", "scatter", "spread"}) {
      const auto answer =
          plan(tree.topology, request_for("core", policy, static_cast<int>(cores.size())));
      std::set<int> used;
      for (const CpuSet& seat : answer.seats) {
        for (std::size_t core = 0; core < cores.size(); ++core) {
          if (cores[core].intersects(seat)) used.insert(static_cast<int>(core));
        }
      }
      EXPECT_EQ(used.size(), cores.size()) << policy;
    }
  }
}

TEST_P(PlacementProperties, CloseAndScatterKeepTheirSeatsWhenOneIsAdded) {
  for (const Tree& tree : trees()) {
    for (const std::string& place : kPlaces) {
      for (const std::string policy : {"close", "scatter"}) {
        SCOPED_TRACE(tree.source + " " + place + "." + policy);
        const auto all = plan(tree.topology, request_for(place, policy, 1)).places.size();
        const auto full = plan(tree.topology, request_for(place, policy, static_cast<int>(all)));
        for (std::size_t seats = 1; seats < all; seats += 1 + all / 20) {
          const auto fewer =
              plan(tree.topology, request_for(place, policy, static_cast<int>(seats)));
          EXPECT_TRUE(std::equal(fewer.seats.begin(), fewer.seats.end(), full.seats.begin()));
        }
      }
    }
  }
}

TEST_P(PlacementProperties, ScatterIsBalancedWithinOne) {
  for (const Tree& tree : trees()) {
    for (const auto& [place, over] :
         std::vector<std::pair<std::string, Level>>{{"core", Level::package},
                                                    {"core", Level::numa},
                                                    {"pu", Level::core},
                                                    {"pu", Level::package}}) {
      SCOPED_TRACE(tree.source + " " + place + " over " + level_name(over));
      const std::string policy = std::string("scatter:") + level_name(over);
      PlacementPlan first;
      try {
        first = plan(tree.topology, request_for(place, policy, 1));
      } catch (const UsageError&) {
        continue;  // the tree nests the two levels the other way round
      }
      std::vector<std::string> ignored;
      const auto parents = places_of(tree.topology, first.available, {over}, ignored);
      for (std::size_t seats = 1; seats <= first.places.size();
           seats += 1 + first.places.size() / 20) {
        const auto answer =
            plan(tree.topology, request_for(place, policy, static_cast<int>(seats)));
        std::vector<int> taken;
        std::vector<bool> full;
        for (const CpuSet& parent : parents) {
          const auto inside = [&](const CpuSet& set) { return parent.contains(set); };
          const auto count = std::count_if(answer.seats.begin(), answer.seats.end(), inside);
          taken.push_back(static_cast<int>(count));
          full.push_back(count ==
                         std::count_if(answer.places.begin(), answer.places.end(), inside));
        }
        const int most = *std::max_element(taken.begin(), taken.end());
        for (std::size_t parent = 0; parent < parents.size(); ++parent) {
          EXPECT_TRUE(full[parent] || most - taken[parent] <= 1) << seats << " seats";
        }
      }
    }
  }
}

TEST_P(PlacementProperties, WrappedSeatsAreBalancedWithinOne) {
  for (const Tree& tree : trees()) {
    for (const std::string policy : {"close", "scatter", "spread"}) {
      const auto places = plan(tree.topology, request_for("core", policy, 1)).places;
      const int seats = 2 * static_cast<int>(places.size()) + 1;
      SCOPED_TRACE(tree.source + " " + policy);
      const auto answer = plan(tree.topology, request_for("core", policy, seats));
      EXPECT_TRUE(answer.overloaded);
      std::map<CpuSet, int> load;
      for (const CpuSet& seat : answer.seats) ++load[seat];
      EXPECT_EQ(load.size(), places.size());
      for (const auto& [cpus, count] : load) EXPECT_TRUE(count == 2 || count == 3) << cpus.text();
    }
  }
}

TEST_P(PlacementProperties, TheSameRequestGivesTheSamePlan) {
  for (const Tree& tree : trees()) {
    const Topology again = Topology::parse(tree.source);
    over_requests(tree, [&](const PlacementRequest& request, int) {
      EXPECT_EQ(plan(tree.topology, request).seats, plan(again, request).seats);
    });
  }
}

TEST_P(PlacementProperties, ExportAndImportDoNotChangeThePlan) {
  const test::Folder folder;
  const std::string path = folder.path() / "export.xml";
  for (const Tree& tree : trees()) {
    std::ofstream(path) << tree.topology.xml();
    const Topology imported = Topology::from_file(path);
    std::filesystem::remove(path);
    EXPECT_EQ(imported.xml_hash(), tree.topology.xml_hash()) << tree.source;
    over_requests(tree, [&](const PlacementRequest& request, int) {
      EXPECT_EQ(plan(tree.topology, request).seats, plan(imported, request).seats);
    });
  }
}

// The first line `command` prints, or nothing when it fails.
std::string output_of(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
  char buffer[8192] = {};
  if (pipe == nullptr || std::fgets(buffer, sizeof buffer, pipe.get()) == nullptr) return {};
  return buffer;
}

TEST_P(PlacementProperties, OnePuACoreIsWhatHwlocCalcSays) {
  if (output_of("hwloc-calc --version 2>/dev/null").empty()) {
    GTEST_SKIP() << "hwloc-calc (package hwloc) is not installed";
  }
  for (const Tree& tree : trees()) {
    const int cores = tree.topology.count(Level::core);
    if (cores == 0) continue;
    PlacementRequest request = request_for("core", "close", cores);
    request.width = Width::pu;
    const std::string expected = output_of("hwloc-calc -i '" + tree.source +
                                           "' --po -I pu core:all.pu:0 2>/dev/null </dev/null");
    CpuSet used;
    for (const CpuSet& seat : plan(tree.topology, request).seats) used = used | seat;
    EXPECT_EQ(used, CpuSet::parse(expected)) << tree.source;
  }
}

TEST_P(PlacementProperties, SmtOffLeavesOnePuACore) {
  for (const Tree& tree : trees()) {
    PlacementRequest request = request_for("pu", "close", 1);
    request.smt = Smt::off;
    const CpuSet available = plan(tree.topology, request).available;
    for (const CpuSet& core : tree.topology.objects(Level::core)) {
      EXPECT_EQ((core & available).size(), 1) << tree.source;
    }
  }
}

TEST_P(PlacementProperties, AMissingLevelIsRecorded) {
  for (const Tree& tree : trees()) {
    for (const auto& [place, level] :
         std::vector<std::pair<std::string, Level>>{{"core", Level::core},
                                                    {"l2", Level::l2},
                                                    {"l3", Level::l3},
                                                    {"package", Level::package}}) {
      const auto answer = plan(tree.topology, request_for(place, "close", 1));
      CpuSet covered;
      for (const CpuSet& object : tree.topology.objects(level)) covered = covered | object;
      EXPECT_EQ(answer.fallbacks.empty(), covered.contains(answer.available))
          << tree.source << " " << place;
    }
  }
}

}  // namespace
}  // namespace convoy
