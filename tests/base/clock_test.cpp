// The time of day as text.
#include "harness/base/clock.hpp"

#include <gtest/gtest.h>

#include <ctime>

namespace convoy {
namespace {

std::time_t parsed(const std::string& text) {
  std::tm parts{};
  const char* end = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  EXPECT_TRUE(end != nullptr && *end == '\0') << text;
  return ::timegm(&parts);
}

TEST(UtcNow, IsThisSecondInUtc) {
  const std::time_t before = std::time(nullptr);
  const std::time_t told = parsed(utc_now());
  EXPECT_GE(told, before);
  EXPECT_LE(told, std::time(nullptr));
}

}  // namespace
}  // namespace convoy
