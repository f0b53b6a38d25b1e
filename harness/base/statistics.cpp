#include "harness/base/statistics.hpp"

#include <algorithm>
#include <cmath>

#include "harness/base/check.hpp"

namespace convoy {

double median(std::vector<double> values) {
  CONVOY_CHECK(!values.empty(), "the median of nothing was asked for");
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

std::optional<Interval> median_interval(std::vector<double> values, double confidence) {
  const std::size_t n = values.size();
  const double tail = (1 - confidence) / 2;
  // The largest k with P(Binomial(n, 1/2) < k) <= tail; the interval is then [x(k), x(n+1-k)],
  // counted from one.
  double probability = std::pow(0.5, static_cast<double>(n));
  double below = 0;
  std::size_t k = 0;
  while (k < n / 2 && below + probability <= tail) {
    below += probability;
    ++k;
    probability *= static_cast<double>(n - k + 1) / static_cast<double>(k);
  }
  if (k == 0) return std::nullopt;
  std::sort(values.begin(), values.end());
  return Interval{values[k - 1], values[n - k]};
}

}  // namespace convoy
