// Multiplying matrices: floating point over memory that fits a cache or does not.
#include <algorithm>
#include <vector>

#include "harness/work/workload.hpp"

static const convoy::Parameter n{"n", 32, "Rows and columns", 2, 4'096};

using Matrix = std::vector<double>;
namespace {
struct Matrices {
  Matrix left, right, product;
};
}  // namespace

// Small whole numbers, so that every sum is exact in whichever order it is taken.
static const convoy::Local<Matrices> matrices{[](const convoy::Setup& setup, int worker) {
  const auto size = static_cast<std::size_t>(setup[n]);
  Matrices made;
  made.product.resize(size * size);
  for (std::size_t i = 0; i < size * size; ++i) {
    made.left.push_back(static_cast<double>((i * 7 + static_cast<std::size_t>(worker)) % 10));
    made.right.push_back(static_cast<double>((i * 3 + 1) % 11));
  }
  return made;
}};

static void multiply(const Matrix& left, const Matrix& right, Matrix& product, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    double* const row = &product[i * size];
    std::fill(row, row + size, 0);
    for (std::size_t k = 0; k < size; ++k) {
      const double factor = left[i * size + k];
      for (std::size_t j = 0; j < size; ++j) row[j] += factor * right[k * size + j];
    }
  }
}

CONVOY_WORKLOAD(cpu_matmul, cpu, "Multiply two square matrices", n, matrices) {
  Matrices& it = worker[matrices];
  const auto size = static_cast<std::size_t>(worker[n]);
  it.left[0] = worker.index();
  while (worker.next()) {
    it.left[0] += 1;
    multiply(it.left, it.right, it.product, size);
    worker.checkpoint();
  }
  for (const double value : it.product) worker.keep(value);
  co_return;
}
