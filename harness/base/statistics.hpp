// Order statistics of raw samples: the median and its distribution-free interval.
#pragma once

#include <cstddef>
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

// The same for samples that are looked at again and again until they are precise enough, which
// makes a plain interval miss more often than it says. Its bounds are those of a group-sequential
// sign test: at the looks (is_a_look) and where sampling ends between them, all intervals together
// miss the median in 5 % of runs at most, whatever the shape of the values and the rule to stop.
// The chance of that is that of a fair random walk crossing the bounds, and counted exactly
// (Armitage, McPherson and Rowe 1969; error spent over looks: Lan and DeMets 1983). Absent with
// fewer than 6.
std::optional<Interval> sequential_interval(std::vector<double> values);

// Whether a series of so many samples may be looked at, and stopped: 6, 11, 15, 19, 23, 28, 35 ...
bool is_a_look(std::size_t samples);

}  // namespace convoy
