// Rows of the Mandelbrot set: arithmetic whose length depends on the data, as bytecodes would do
// it.
#include <algorithm>

#include "harness/work/workload.hpp"

static const convoy::Parameter n{"n", 128, "Points in a row, and rows of the picture", 8, 16'384};
static const convoy::Parameter limit{"limit", 50, "Steps after which a point is inside", 10, 1'000};

constexpr std::int64_t slice = 2'000;  // steps between two checkpoints: some microseconds

// The steps that the points [first, last) of a row take until they escape or reach the limit. The
// picture spans -2 to 0.5 by -1.25 to 1.25.
static std::int64_t steps_of(std::int64_t row, std::int64_t first, std::int64_t last,
                             std::int64_t points, std::int64_t most) {
  const double scale = 2.5 / static_cast<double>(points);
  const double b = static_cast<double>(row) * scale - 1.25;
  std::int64_t steps = 0;
  for (std::int64_t column = first; column < last; ++column) {
    const double a = static_cast<double>(column) * scale - 2;
    double x = 0;
    double y = 0;
    for (std::int64_t step = 0; step < most && x * x + y * y <= 4; ++step) {
      const double before = x;
      x = x * x - y * y + a;
      y = 2 * before * y + b;
      ++steps;
    }
  }
  return steps;
}

CONVOY_WORKLOAD(cpu_mandelbrot, cpu, "Draw a row of the Mandelbrot set", n, limit) {
  const std::int64_t points = worker[n];
  const std::int64_t most = worker[limit];
  const std::int64_t width = std::max(slice / most, std::int64_t{1});
  std::int64_t row = worker.index();
  std::int64_t steps = 0;
  while (worker.next()) {
    for (std::int64_t first = 0; first < points; first += width) {
      steps += steps_of(row % points, first, std::min(first + width, points), points, most);
      worker.checkpoint();
    }
    row += worker.count();
  }
  worker.keep(steps);
  co_return;
}
