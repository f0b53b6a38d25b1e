// Work for one thread that lives from memory: caches, the allocator, the kernel's pages.
#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <numeric>
#include <random>
#include <unordered_map>

#include "tests/gate/known_truth.hpp"

namespace known {

std::vector<int> numbers(std::size_t count) {
  std::vector<int> made(count);
  std::mt19937 chance(7);
  std::generate(made.begin(), made.end(), [&] { return int(chance() >> 4); });
  return made;
}

namespace {

struct alignas(64) Line {
  std::uint32_t next = 0;
};

// Cache lines as one cycle in random order, so that each step waits for the last.
std::vector<Line> cycle(std::uint32_t count) {
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0u);
  std::shuffle(order.begin(), order.end(), std::mt19937(11));
  std::vector<Line> made(count);
  for (std::uint32_t i = 0; i < count; ++i) made[order[i]].next = order[(i + 1) % count];
  return made;
}

Work walk() {
  return repeat([lines = cycle(1u << 16), at = 0u]() mutable {
    for (int i = 0; i < 100; ++i) at = lines[at].next;
    DoNotOptimize(at);
  });
}

Work copying() {
  constexpr std::size_t size = 4u << 20, piece = 1u << 16;
  return repeat([from = std::vector<char>(size), to = std::vector<char>(size, 1),
                 at = std::size_t{0}]() mutable {
    std::memcpy(to.data() + at, from.data() + at, piece);
    DoNotOptimize(to.data());
    at = (at + piece) % size;
  });
}

Work allocating() {
  // Shared, since a function object has to be copyable.
  const auto kept = std::make_shared<std::vector<std::unique_ptr<char[]>>>(128);
  return repeat([kept, sizes = numbers(1024), at = std::size_t{0}]() mutable {
    for (int i = 0; i < 150; ++i, ++at) {
      (*kept)[at % 128].reset(new char[16 + std::size_t(sizes[at % 1024]) % 2000]);
    }
    DoNotOptimize(kept->data());
  });
}

Work tree() {
  std::map<int, int> made;
  for (const int key : numbers(1 << 14)) made[key] = key;
  return repeat([made, keys = numbers(1 << 14), at = std::size_t{0}]() mutable {
    for (int i = 0; i < 200; ++i) DoNotOptimize(made.find(keys[at++ * 17 % keys.size()]));
  });
}

Work table() {
  return repeat([made = std::unordered_map<int, int>(), next = 0]() mutable {
    for (int i = 0; i < 500; ++i, ++next) {
      made[next] = i;
      if (made.size() > 4096) made.erase(next - 4096);
    }
  });
}

// Fresh pages each time: the kernel's share in the time of a program.
Work faults() {
  return repeat([] {
    constexpr std::size_t size = 4 * 4096;
    void* pages = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) std::abort();
    for (std::size_t at = 0; at < size; at += 4096) static_cast<volatile char*>(pages)[at] = 1;
    munmap(pages, size);
  });
}

}  // namespace

const std::vector<Known> memory{
    {"mem_walk", 1000, walk}, {"mem_copy", 4000, copying}, {"mem_alloc", 1000, allocating},
    {"mem_tree", 500, tree},  {"mem_table", 1000, table},  {"mem_faults", 1000, faults},
};

}  // namespace known
