// Order statistics of raw samples: the median and its distribution-free interval.
#pragma once

#include <optional>
#include <vector>

namespace convoy {

struct Interval {
  double low;
  double high;
};

// The median; the mean of the middle two for an even count. `values` must not be empty.
double median(std::vector<double> values);

// The sign-test interval of the median that covers at least `confidence` (0..1), from order
// statistics (Hahn and Meeker, Statistical Intervals, section 5.2); it assumes independent samples
// and nothing about their shape. Absent when there are too few values (fewer than 6 for 95 %).
std::optional<Interval> median_interval(std::vector<double> values, double confidence = 0.95);

}  // namespace convoy
