// skynet: the tree of numbers, whatever its nodes are.
#pragma once

#include <cstdint>
#include <stdexcept>

#include "benchmarks/runtimes/shared/runtime.hpp"

namespace convoy::runtimes {

constexpr std::int64_t kChildren = 10;

// A part of the tree: its leaves have the numbers from `first`.
struct Part {
  std::int64_t first = 0, leaves = 1;
  Part child(std::int64_t i) const {
    return {first + i * (leaves / kChildren), leaves / kChildren};
  }
};

// What a part added up, and how many nodes were started for it, itself included.
struct Sum {
  std::int64_t sum = 0, started = 1;
  void add(const Sum& other) {
    sum += other.sum;
    started += other.started;
  }
};

inline Part tree_of(const Setting& setting) {
  Part whole;
  for (std::int64_t level = 0; level < setting["depth"]; ++level) whole.leaves *= kChildren;
  return whole;
}

// Throws where a tree's sum is wrong, or a node was left out.
inline void expect(const Sum& sum, const Part& tree) {
  if (sum.sum != tree.leaves * (tree.leaves - 1) / 2)
    throw std::runtime_error("wrong answer: the leaves add up to " + std::to_string(sum.sum));
  if (sum.started != (kChildren * tree.leaves - 1) / (kChildren - 1))
    throw std::runtime_error("wrong answer: " + std::to_string(sum.started) + " nodes started");
}

}  // namespace convoy::runtimes
