#include "harness/base/histogram.hpp"

#include <algorithm>
#include <cmath>

namespace convoy {

void Histogram::merge(const Histogram& other) {
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  largest_ = std::max(largest_, other.largest_);
}

double Histogram::quantile(double q) const {
  if (count_ == 0) return 0;
  const double wanted = std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(count_));
  const auto rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(wanted));
  if (rank >= count_) return static_cast<double>(largest_);
  std::uint64_t seen = 0;
  for (int i = 0; i < kBuckets; ++i) {
    seen += counts_[static_cast<std::size_t>(i)];
    if (seen < rank) continue;
    const double middle = static_cast<double>(lower_bound(i) + upper_bound(i) - 1) / 2;
    return std::min(middle, static_cast<double>(largest_));
  }
  return static_cast<double>(largest_);
}

}  // namespace convoy
