#include "harness/machine/yardstick.hpp"

#include <algorithm>

#include "harness/base/statistics.hpp"

namespace convoy {
namespace {

constexpr std::uint64_t kSteps = 150'000;

}  // namespace

std::uint64_t spin(std::uint64_t steps) {
  std::uint64_t state = 88172645463325252ULL;
  for (std::uint64_t i = 0; i < steps; ++i) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    asm volatile("" : "+r"(state));
  }
  return state;
}

nanoseconds lay_yardstick(const ThreadMeter& meter) {
  const auto delayed_before = meter.run_delay();
  const nanoseconds began = now();
  spin(kSteps);
  const nanoseconds took = now() - began;
  const auto delayed_after = meter.run_delay();
  const nanoseconds delayed =
      delayed_before && delayed_after ? *delayed_after - *delayed_before : nanoseconds(0);
  return std::max(took - delayed, nanoseconds(1));
}

std::optional<double> Yardsticks::note(const CpuSet& cpus, nanoseconds took) {
  std::vector<double>& shown = shown_[cpus];
  shown.push_back(static_cast<double>(took.count()));
  if (shown.size() < kFewest) return {};
  return median(shown) / shown.back();
}

}  // namespace convoy
