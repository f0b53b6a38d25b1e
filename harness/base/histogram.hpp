// A log-linear histogram of nanoseconds whose quantiles are within 1 % of the exact ones.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <span>

namespace convoy {

// Values below 64 have a bucket each; above, every power of two is cut into 64 buckets, so that a
// bucket is at most 1/64 of its value wide and its midpoint at most 0.8 % away. Fixed size and
// trivially copyable, so that it can live in memory shared between processes. One writer; readers
// wait until the writer is done.
class Histogram {
 public:
  static constexpr int kSubBuckets = 64;
  static constexpr int kLargestPower =
      40;  // 2^40 ns, 18 minutes; larger values fall into the last bucket
  static constexpr int kBuckets = kSubBuckets * (kLargestPower - 6 + 1);

  void add(std::int64_t value) {
    if (value < 0) value = 0;
    ++counts_[static_cast<std::size_t>(bucket_of(value))];
    ++count_;
    sum_ += static_cast<double>(value);
    if (value > largest_) largest_ = value;
  }
  void merge(const Histogram& other);
  void clear() { *this = Histogram{}; }

  std::uint64_t count() const { return count_; }
  double mean() const { return count_ == 0 ? 0.0 : sum_ / static_cast<double>(count_); }
  std::int64_t largest() const { return largest_; }
  // The value below or at which a share `q` (0..1) of the values lies; 0 when empty. The largest
  // value is exact.
  double quantile(double q) const;
  std::span<const std::uint32_t> counts() const { return counts_; }

  static constexpr int bucket_of(std::int64_t value) {
    if (value < kSubBuckets) return static_cast<int>(value);
    const int power = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(value))) - 1;
    if (power >= kLargestPower) return kBuckets - 1;
    const int shift = power - 6;
    return kSubBuckets * (shift + 1) + static_cast<int>((value >> shift) - kSubBuckets);
  }
  // The smallest value of bucket `index`, and the smallest value of the next one.
  static constexpr std::int64_t lower_bound(int index) {
    if (index < kSubBuckets) return index;
    const int shift = index / kSubBuckets - 1;
    return (static_cast<std::int64_t>(index % kSubBuckets) + kSubBuckets) << shift;
  }
  static constexpr std::int64_t upper_bound(int index) {
    if (index < kSubBuckets) return index + 1;
    return lower_bound(index) + (std::int64_t{1} << (index / kSubBuckets - 1));
  }

 private:
  std::array<std::uint32_t, kBuckets> counts_{};
  std::uint64_t count_ = 0;
  double sum_ = 0;
  std::int64_t largest_ = 0;
};

}  // namespace convoy
