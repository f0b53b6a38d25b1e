#include "harness/machine/topology.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "harness/base/check.hpp"
#include "harness/machine/placement.hpp"
#include "tests/folder.hpp"
#include "tests/machine/trees.hpp"

namespace convoy {
namespace {

using ::testing::HasSubstr;

// A file that goes away with the test.
class TopologyFile {
 public:
  explicit TopologyFile(const std::string& text) { std::ofstream(path_) << text; }
  const std::string& path() const { return path_; }

 private:
  const test::Folder folder_;
  const std::string path_ = folder_.path() / "topology.xml";
};

std::string error_of(const std::string& text) {
  ::testing::internal::CaptureStderr();
  std::string message = "no error";
  try {
    Topology::parse(text);
  } catch (const UsageError& error) {
    message = error.what();
  }
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "") << "hwloc spoke";
  return message;
}

std::string error_of_file(const std::string& text) { return error_of(TopologyFile(text).path()); }

TEST(Topology, CountsWhatASyntheticTreeHas) {
  const Topology topology = Topology::parse("pack:2 [numa] l3:2 core:8 pu:2");
  EXPECT_EQ(topology.count(Level::package), 2);
  EXPECT_EQ(topology.count(Level::numa), 2);
  EXPECT_EQ(topology.count(Level::l3), 4);
  EXPECT_EQ(topology.count(Level::l2), 0);
  EXPECT_EQ(topology.count(Level::core), 32);
  EXPECT_EQ(topology.pus().size(), 64u);
  EXPECT_EQ(topology.allowed().text(), "0-63");
  EXPECT_FALSE(topology.is_this_system());
  EXPECT_THAT(topology.synthetic(), HasSubstr("Core:8 PU:2"));
}

TEST(Topology, KeepsPusInTheOrderOfTheTree) {
  const Topology topology = Topology::parse("core:4 pu:2(indexes=0,4,1,5,2,6,3,7)");
  EXPECT_THAT(topology.pus(), ::testing::ElementsAre(0, 4, 1, 5, 2, 6, 3, 7));
}

TEST(Topology, GroupsHaveDepths) {
  const Topology topology = Topology::parse("group:2 group:3 core:2 pu:1");
  EXPECT_EQ(topology.count(Level::group, 0), 2);
  EXPECT_EQ(topology.count(Level::group, 1), 6);
  EXPECT_EQ(topology.count(Level::group, 2), 0);
}

TEST(Topology, DrawsTheTree) {
  EXPECT_EQ(
      Topology::parse("pack:1 [numa(memory=1073741824)] core:2 pu:2").drawing({{1, "worker 0"}}),
      "machine\n"
      "  package 0\n"
      "    numa 0 (1 GiB)\n"
      "    core 0\n"
      "      pu 0 (cpu 0)\n"
      "      pu 1 (cpu 1)  <- worker 0\n"
      "    core 1\n"
      "      pu 2 (cpu 2)\n"
      "      pu 3 (cpu 3)\n");
}

TEST(Topology, LiveIsThisSystemAndKeepsTheBinding) {
  const Topology& live = Topology::live();
  EXPECT_TRUE(live.is_this_system());
  EXPECT_FALSE(live.allowed().empty());
  EXPECT_EQ(live.allowed().size(), static_cast<int>(live.pus().size()));
  EXPECT_EQ(&live, &Topology::live());
}

TEST(Topology, TheEnvironmentCannotReplaceTheMachine) {
  const Topology before = Topology::load_live();
  ::setenv("HWLOC_SYNTHETIC", "pack:3 core:5 pu:1", 1);
  EXPECT_THAT(ignored_environment(), ::testing::Contains("HWLOC_SYNTHETIC=pack:3 core:5 pu:1"));
  const Topology after = Topology::load_live();
  EXPECT_EQ(after.allowed(), before.allowed());
  EXPECT_TRUE(after.is_this_system());
  EXPECT_THAT(ignored_environment(), ::testing::Contains("HWLOC_SYNTHETIC=pack:3 core:5 pu:1"));
  EXPECT_EQ(std::getenv("HWLOC_SYNTHETIC"), nullptr) << "children would still be misled";
}

TEST(Topology, RefusesNonsenseAndSaysWhatToWrite) {
  EXPECT_THAT(error_of("pack:2 shelf:3"), HasSubstr("\"pack:2 [numa] l3:2 core:8 pu:2\""));
  EXPECT_THAT(error_of(""), HasSubstr("not a topology"));
  EXPECT_THAT(error_of("no/such/file.xml"), HasSubstr("No such file"));
  EXPECT_THAT(error_of("/"), HasSubstr("not a regular file"));
  EXPECT_THAT(error_of_file("garbage"), HasSubstr("no <topology> element"));
  EXPECT_THAT(error_of_file("<html><body/></html>"), HasSubstr("lstopo file.xml"));
  EXPECT_THAT(error_of_file(""), HasSubstr("no <topology> element"));
}

TEST(Topology, RefusesMachinesThatTakeHwlocMinutes) {
  for (const char* text : {"pu:100000000", "pu:99999999999999999999", "pack:64 core:128 pu:2",
                           "64 64 2", "pack:2 pu:2000", "[numa] pack:1000 [numa] pu:1000"})
    EXPECT_THAT(error_of(text), HasSubstr("too large a machine: at most 4096 PUs")) << text;
  EXPECT_THAT(error_of("core:2 pu:2(indexes=0,1,2,2147483647)"), HasSubstr("largest is 65535"));
  EXPECT_EQ(Topology::parse("pack:8 core:64 pu:2").pus().size(), 1024u);
}

TEST(Topology, RefusesFilesThatWouldTakeMinutesOrTheStack) {
  const std::string xml = Topology::parse("pack:1 core:2 pu:1").xml();
  const auto with = [&](const std::string& old, const std::string& text) {
    std::string changed = xml;
    const std::size_t at = changed.find(old);
    EXPECT_NE(at, std::string::npos) << old;
    return changed.replace(at, old.size(), text);
  };
  const std::string pu = "type=\"PU\" os_index=\"";
  for (const char* number : {"2147483647", "-5", "4294967295", "99999999999999999999", "x"})
    EXPECT_THAT(error_of_file(with(pu + "0", pu + number)), HasSubstr("something else than 0 to"));
  std::string sets;
  for (int i = 0; i < 3000; ++i) sets += "0xffffffff,";
  EXPECT_THAT(error_of_file(with(" cpuset=\"", " cpuset=\"" + sets)), HasSubstr("65536 CPUs"));
  const std::string begin = xml.substr(0, xml.find("<object"));
  std::string deep = begin, wide = begin;
  for (int i = 0; i < 100000; ++i) {
    deep += "<object type=\"Group\">";
    if (i < 20000) wide += "<object type=\"Core\"/>";
  }
  EXPECT_THAT(error_of_file(deep + "</topology>"), HasSubstr("more than 64 levels"));
  EXPECT_THAT(error_of_file(wide + "</topology>"), HasSubstr("too large a machine"));
  const TopologyFile sparse(xml);
  std::filesystem::resize_file(sparse.path(), 10LL << 30);
  EXPECT_THAT(error_of(sparse.path()), HasSubstr("larger than the limit of 8 MiB"));
}

TEST(Topology, RefusesFilesOfHwloc3) {
  const std::string error = error_of_file(
      "<?xml version=\"1.0\"?>\n<topology version=\"3.0\">\n<object type=\"Machine\"/>\n"
      "</topology>\n");
  EXPECT_THAT(error, HasSubstr("written by hwloc 3.0"));
  EXPECT_THAT(error, HasSubstr("--export-xml-flags v2"));
}

TEST(Topology, DamagedFilesNeitherCrashNorTalk) {
  const std::string xml = Topology::parse("pack:2 l3:1 core:2 pu:2").xml();
  EXPECT_THAT(error_of_file(xml.substr(0, xml.size() / 2)), HasSubstr("is truncated"));
  for (std::size_t at = xml.find("<topology") + 30; at + 60 < xml.size(); at += 97) {
    std::string damaged = xml;
    damaged.erase(at, 41);
    const std::string error = error_of_file(damaged);
    EXPECT_TRUE(error == "no error" || error.find("damaged") != std::string::npos) << error;
  }
}

// The XML of a tree of eight cores, the first two of them fast.
std::string hybrid(const std::string& fast, const std::string& slow) {
  std::string xml = Topology::parse("pack:1 core:8 pu:1").xml();
  const std::string kinds = "  <cpukind cpuset=\"0x00000003\"" + fast +
                            "><info name=\"CoreType\" value=\"Fast\"/></cpukind>\n"
                            "  <cpukind cpuset=\"0x000000fc\"" +
                            slow + "><info name=\"CoreType\" value=\"Slow\"/></cpukind>\n";
  return xml.insert(xml.rfind("</topology>"), kinds);
}

TEST(Topology, HybridCoresAreNeverMixedSilently) {
  const TopologyFile file(hybrid(" forced_efficiency=\"1\"", " forced_efficiency=\"0\""));
  const Topology topology = Topology::from_file(file.path());
  ASSERT_EQ(topology.kinds().size(), 2u);
  PlacementRequest request;
  request.seats = 2;
  EXPECT_THAT(plan(topology, request).notes, ::testing::IsEmpty());
  request.seats = 3;
  EXPECT_THAT(plan(topology, request).notes,
              ::testing::ElementsAre(::testing::AllOf(HasSubstr("2 kinds"), HasSubstr("--kind"))));
  request.kind = CoreKind::perf;
  EXPECT_EQ(plan(topology, request).available.text(), "0-1");
  request.kind = CoreKind::eff;
  EXPECT_EQ(plan(topology, request).available.text(), "2-7");
}

TEST(Topology, KindsOfOneTopFrequencyAreOneSort) {
  std::string xml = Topology::parse("pack:1 core:6 pu:1").xml();
  const char* const frequencies[] = {"2800", "3900", "3900"};
  std::string kinds;
  for (int kind = 0; kind < 3; ++kind) {
    kinds += "<cpukind cpuset=\"0x000000" +
             std::string(kind == 0   ? "03"
                         : kind == 1 ? "0c"
                                     : "30") +
             "\" forced_efficiency=\"" + std::to_string(kind) +
             "\"><info name=\"FrequencyMaxMHz\" value=\"" + frequencies[kind] + "\"/></cpukind>\n";
  }
  const TopologyFile file(xml.insert(xml.rfind("</topology>"), kinds));
  const Topology topology = Topology::from_file(file.path());
  ASSERT_EQ(topology.kinds().size(), 3u);
  PlacementRequest request;
  request.kind = CoreKind::perf;
  EXPECT_EQ(plan(topology, request).available.text(), "2-5");
  request.kind = CoreKind::eff;
  EXPECT_EQ(plan(topology, request).available.text(), "0-1");
}

TEST(Topology, KindsWithoutAnOrderCannotBeChosenByName) {
  const TopologyFile file(hybrid("", ""));
  const Topology topology = Topology::from_file(file.path());
  ASSERT_EQ(topology.kinds().size(), 2u);
  PlacementRequest request;
  request.kind = CoreKind::perf;
  EXPECT_THROW(plan(topology, request), UsageError);
}

TEST(Topology, TheHashIgnoresNamesAndMemorySizes) {
  std::string xml = Topology::parse("pack:1 [numa(memory=1073741824)] core:2 pu:1").xml();
  const Topology first = Topology::from_file(TopologyFile(xml).path());
  xml.insert(xml.find("<info name"), "<info name=\"HostName\" value=\"elsewhere\"/>\n");
  const std::string memory = "local_memory=\"1073741824\"";
  xml.replace(xml.find(memory), memory.size(), "local_memory=\"2073741824\"");
  EXPECT_EQ(Topology::from_file(TopologyFile(xml).path()).xml_hash(), first.xml_hash());
  EXPECT_NE(Topology::parse("pack:1 [numa] core:3 pu:1").xml_hash(), first.xml_hash());
}

TEST(Topology, EveryFileOfTheCorpusCanBeDrawn) {
  const auto sources = testing::corpus_sources();
  if (sources.empty()) GTEST_SKIP() << "CONVOY_TOPOLOGIES does not name a folder of XML files";
  for (const testing::Tree& tree : testing::load_trees(sources)) {
    EXPECT_FALSE(tree.topology.is_this_system());
    const std::string drawing = tree.topology.drawing();
    for (const int cpu : tree.topology.pus()) {
      EXPECT_THAT(drawing, HasSubstr("(cpu " + std::to_string(cpu) + ")")) << tree.source;
    }
  }
}

}  // namespace
}  // namespace convoy
