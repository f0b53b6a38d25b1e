// Work for one thread that stays in the caches.
#include <algorithm>
#include <array>
#include <memory>
#include <string>

#include "tests/gate/known_truth.hpp"

namespace known {
namespace {

Work arithmetic() {
  return repeat([state = std::uint64_t{1}]() mutable { DoNotOptimize(scrambled(state, 6000)); });
}

Work fractions() {
  return repeat([] {
    double sum = 0;
    for (int i = 0; i < 4000; ++i) sum += (i % 2 != 0 ? -1.0 : 1.0) / (2 * i + 1);
    DoNotOptimize(sum);
  });
}

Work branches() {
  return repeat([state = std::uint64_t{3}]() mutable {
    long found = 0;
    for (int i = 0; i < 1200; ++i) {
      const auto drawn = scrambled(state, 1) >> 33;
      if (drawn % 3 == 0) found += long(drawn & 15);
      else if (drawn % 5 == 0) found ^= long(drawn);
      DoNotOptimize(found);
    }
  });
}

// Other numbers each time, from a stock: the order of the last ones would be learnt.
Work sorting() {
  return repeat([stock = numbers(1 << 14), at = std::size_t{0}]() mutable {
    std::array<int, 256> some{};
    std::copy_n(stock.begin() + long(at), some.size(), some.begin());
    at = (at + some.size()) % stock.size();
    std::sort(some.begin(), some.end());
    DoNotOptimize(some);
  });
}

Work hashing() {
  return repeat([text = std::string(8192, 'x')]() mutable {
    std::uint64_t hash = 14695981039346656037u;
    for (const char letter : text) hash = (hash ^ std::uint8_t(letter)) * 1099511628211u;
    text[hash % text.size()] = char(hash);
  });
}

Work matrices() {
  return repeat([a = std::vector<double>(1024, 1.5), c = std::vector<double>(1024)]() mutable {
    for (std::size_t i = 0; i < 32; ++i) {
      for (std::size_t j = 0; j < 32; ++j) {
        double sum = 0;
        for (std::size_t k = 0; k < 32; ++k) sum += a[i * 32 + k] * a[k * 32 + j];
        c[i * 32 + j] = sum;
      }
    }
    DoNotOptimize(c.data());
  });
}

Work sieve() {
  return repeat([composite = std::vector<char>(4096)]() mutable {
    std::fill(composite.begin(), composite.end(), 0);
    for (std::size_t i = 2; i * i < composite.size(); ++i) {
      for (std::size_t j = i * i; composite[i] == 0 && j < composite.size(); j += i) {
        composite[j] = 1;
      }
    }
    DoNotOptimize(composite.data());
  });
}

Work text() {
  return repeat([line = std::string()]() mutable {
    line.clear();
    for (int number = 1; number < 1200 * 77; number += 77) line += std::to_string(number);
    DoNotOptimize(line.data());
  });
}

struct Figure {
  virtual ~Figure() = default;
  virtual double area() const = 0;
};
struct Square : Figure {
  double area() const override { return 2.25; }
};
struct Disc : Figure {
  double area() const override { return 3.14; }
};

Work calls() {
  std::vector<std::shared_ptr<Figure>> figures;
  for (const int drawn : numbers(1500)) {
    if (drawn % 2 != 0) figures.push_back(std::make_shared<Square>());
    else figures.push_back(std::make_shared<Disc>());
  }
  return repeat([figures] {
    double sum = 0;
    for (const auto& figure : figures) sum += figure->area();
    DoNotOptimize(sum);
  });
}

Work a_millisecond() {
  return repeat([state = std::uint64_t{5}]() mutable { DoNotOptimize(scrambled(state, 1000)); });
}

}  // namespace

const std::vector<Known> cpu{
    {"cpu_arithmetic", 1000, arithmetic}, {"cpu_fractions", 1000, fractions},
    {"cpu_branches", 1000, branches},     {"cpu_sort", 1000, sorting},
    {"cpu_hash", 1000, hashing},          {"cpu_matrix", 1000, matrices},
    {"cpu_sieve", 1000, sieve},           {"cpu_text", 1000, text},
    {"cpu_calls", 1000, calls},           {"cpu_millisecond", 1000, a_millisecond},
};

}  // namespace known
