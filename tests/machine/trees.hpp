// The topologies every property of a plan is tested over: invented ones, and those of a folder when
// one is named.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "harness/machine/topology.hpp"

namespace convoy::testing {

struct Tree {
  std::string source;  // what Topology::parse and hwloc-calc -i take
  Topology topology;
};

inline std::vector<std::string> synthetic_sources() {
  return {
      "pu:1",
      "pack:1 core:2 pu:1",
      "pack:1 core:4 pu:2",
      "pack:2 core:2 pu:2",
      "pack:2 [numa] l3:2 core:8 pu:2",
      "pack:2 [numa] l3:1 l2:4 core:1 pu:2",
      "pack:2 l3:2 l2:2 core:2 pu:4",
      "numa:4 core:3 pu:1",
      "numa:2 pack:2 core:2 pu:1",
      "pack:3 core:5 pu:1",
      "pack:1 l3:3 core:3 pu:2",
      "group:2 pack:2 [numa] core:4 pu:1",
      "pack:2 [numa] [numa] core:2 pu:2",
      "[numa] [numa] pack:2 core:2 pu:1",
      "pack:2 [numa] die:2 l3:1 core:4 pu:2",
      "pack:1 core:4 l2:2 pu:2",
      "l2:4 pu:2",
      "pu:7",
      "pack:2 core:4 pu:2(indexes=2*8:1*2)",
      "pack:2 core:2 pu:2(indexes=7,3,5,1,6,2,4,0)",
      "pack:8 [numa] l3:2 core:4 pu:1",
  };
}

// The XML files of the folder CONVOY_TOPOLOGIES names; none when it is not set.
inline std::vector<std::string> corpus_sources() {
  std::vector<std::string> files;
  const char* folder = std::getenv("CONVOY_TOPOLOGIES");
  if (folder == nullptr) return files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".xml") files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

inline std::vector<Tree> load_trees(const std::vector<std::string>& sources) {
  std::vector<Tree> trees;
  for (const std::string& source : sources) trees.push_back({source, Topology::parse(source)});
  return trees;
}

}  // namespace convoy::testing
