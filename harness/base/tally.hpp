// How numbers that are told one after another, by workers and by seats, become one.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

namespace convoy {

// What one number of many is. Rates are the sum over the round's operations, or over its wall time.
enum class Combine : std::uint8_t { sum, mean, max, min, per_operation, per_second };
const char* name_of(Combine combine);

// The numbers told of one thing in a round. Trivially copyable, so that it can live in memory
// shared between processes; written by one seat, merged by the controller.
struct Tally {
  double sum = 0, least = 0, most = 0;
  std::uint64_t count = 0;

  void add(double value) {
    least = count == 0 ? value : std::min(least, value);
    most = count == 0 ? value : std::max(most, value);
    sum += value;
    ++count;
  }
  void merge(const Tally& other);
  // Absent where it has no meaning: nothing has a mean, a least and a most; its sum is 0.
  std::optional<double> combined(Combine combine, double operations, double seconds) const;
};

}  // namespace convoy
