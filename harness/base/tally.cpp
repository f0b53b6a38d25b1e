#include "harness/base/tally.hpp"

#include "harness/base/check.hpp"

namespace convoy {

const char* name_of(Combine combine) {
  switch (combine) {
    case Combine::sum: return "sum";
    case Combine::mean: return "mean";
    case Combine::max: return "max";
    case Combine::min: return "min";
    case Combine::per_operation: return "per_operation";
    case Combine::per_second: return "per_second";
  }
  check_failed("combine", __FILE__, __LINE__, "numbers are combined in a way without a name");
}

void Tally::merge(const Tally& other) {
  if (other.count == 0) return;
  least = count == 0 ? other.least : std::min(least, other.least);
  most = count == 0 ? other.most : std::max(most, other.most);
  sum += other.sum;
  count += other.count;
}

std::optional<double> Tally::combined(Combine combine, double operations, double seconds) const {
  switch (combine) {
    case Combine::sum: return sum;
    case Combine::per_operation: return sum / operations;
    case Combine::per_second: return sum / seconds;
    case Combine::mean:
      if (count > 0) return sum / static_cast<double>(count);
      break;
    case Combine::max:
      if (count > 0) return most;
      break;
    case Combine::min:
      if (count > 0) return least;
      break;
  }
  return std::nullopt;
}

}  // namespace convoy
