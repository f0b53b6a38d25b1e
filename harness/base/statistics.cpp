#include "harness/base/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>

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

namespace {

constexpr double kError = 0.05;

// How many samples the look after one at `samples` has.
std::size_t next_look(std::size_t samples) {
  if (samples < 6) return 6;
  return samples + std::max<std::size_t>(samples == 6 ? 5 : 4, samples / 4);
}

// The bounds of all looks, as ranks: at n samples the interval goes from the k-th smallest to the
// k-th largest, and k is 0 where there is none.
class SignTestBounds {
 public:
  std::size_t rank(std::size_t samples) {
    while (look_ < samples) advance_to_next_look();
    if (const auto known = ranks_.find(samples); known != ranks_.end()) return known->second;
    // Sampling ended between two looks, and may spend what is left.
    const auto before = std::prev(after_look_.upper_bound(samples));
    Walk walk = before->second;
    while (walk.samples < samples) step(walk);
    return ranks_[samples] = largest_rank(walk, kError);
  }

 private:
  // How likely it is that so many of the samples are below the median, and no bound was crossed.
  struct Walk {
    std::size_t samples = 0;
    std::vector<double> below{1.0};
    double spent = 0;
  };

  static void step(Walk& walk) {
    walk.below.push_back(0);
    for (std::size_t i = walk.below.size() - 1; i > 0; --i)
      walk.below[i] = (walk.below[i] + walk.below[i - 1]) / 2;
    walk.below[0] /= 2;
    ++walk.samples;
  }

  // The largest rank whose interval misses so seldom that no more than `limit` is spent in all.
  static std::size_t largest_rank(const Walk& walk, double limit) {
    double missed = 0;
    std::size_t rank = 0;
    while (rank < walk.samples / 2) {
      missed += walk.below[rank] + walk.below[walk.samples - rank];
      if (walk.spent + missed > limit) break;
      ++rank;
    }
    return rank;
  }

  void advance_to_next_look() {
    Walk walk = std::prev(after_look_.end())->second;
    look_ = next_look(look_);
    while (walk.samples < look_) step(walk);
    // The first look spends what six samples need, 1/32; each later one a third of what is left,
    // a little more so that the second may leave two values out.
    limit_ = look_ == 6 ? 1.0 / 32 : limit_ + 0.35 * (kError - limit_);
    const std::size_t rank = largest_rank(walk, limit_);
    for (std::size_t i = 0; i < rank; ++i)
      for (double* crossed : {&walk.below[i], &walk.below[walk.samples - i]}) {
        walk.spent += *crossed;
        *crossed = 0;
      }
    ranks_[look_] = rank;
    after_look_[look_] = std::move(walk);
  }

  std::map<std::size_t, std::size_t> ranks_;
  std::map<std::size_t, Walk> after_look_{{0, Walk{}}};
  std::size_t look_ = 0;
  double limit_ = 0;
};

}  // namespace

std::optional<Interval> sequential_interval(std::vector<double> values) {
  static SignTestBounds bounds;  // single-threaded, as the controller is
  const std::size_t rank = bounds.rank(values.size());
  if (rank == 0) return std::nullopt;
  std::sort(values.begin(), values.end());
  return Interval{values[rank - 1], values[values.size() - rank]};
}

bool is_a_look(std::size_t samples) {
  std::size_t look = 0;
  while (look < samples) look = next_look(look);
  return look == samples && samples > 0;
}

}  // namespace convoy
