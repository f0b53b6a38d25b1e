// What the benchmarks of known truth are made of: units of work, counted while they are done.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace known {

using benchmark::DoNotOptimize;

// Does so many units, and returns how many it counted. Called from one thread.
using Work = std::function<long(long units)>;

struct Known {
  const char* name;
  long units;         // of one iteration; 1.03, 1.05 and 1.10 times it are whole numbers
  Work (*prepare)();  // makes what is not timed: buffers, and the numbers in them
};

extern const std::vector<Known> cpu, memory, threads;

// One unit after another on the calling thread.
template <class Unit>
Work repeat(Unit unit) {
  return [unit](long units) mutable {
    long done = 0;
    for (; done < units; ++done) unit();
    return done;
  };
}

// A chain of multiplications, each of which waits for the last.
inline std::uint64_t scrambled(std::uint64_t& state, int steps) {
  for (int i = 0; i < steps; ++i) state = state * 6364136223846793005u + 1442695040888963407u;
  return state;
}

// The same random numbers in every process.
std::vector<int> numbers(std::size_t count);

}  // namespace known
