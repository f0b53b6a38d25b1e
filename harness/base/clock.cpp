#include "harness/base/clock.hpp"

#include <fmt/format.h>

#include <array>
#include <ctime>

namespace convoy {

std::string utc_now() {
  const std::time_t seconds = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

std::string rounded(nanoseconds time) {
  const auto ns = static_cast<double>(time.count());
  return ns >= 1e9   ? fmt::format("{:.1f} s", ns / 1e9)
         : ns >= 1e6 ? fmt::format("{:.1f} ms", ns / 1e6)
                     : fmt::format("{:.0f} us", ns / 1e3);
}

}  // namespace convoy
