#include "harness/measure/name_filter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/base/check.hpp"

namespace convoy {
namespace {

using ::testing::HasSubstr;

std::string error_of(const std::string& expression) {
  try {
    const NameFilter filter(expression);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "no error";
}

TEST(NameFilter, IsSearchedForAnywhere) {
  EXPECT_TRUE(NameFilter("pi/.*workers:2(/|$)").matches("cpu_pi/model:threads/workers:2/n:10"));
  EXPECT_FALSE(NameFilter("workers:2(/|$)").matches("cpu_pi/workers:20"));
  EXPECT_FALSE(NameFilter("^pi").matches("cpu_pi"));
  EXPECT_TRUE(NameFilter("").matches("cpu_pi"));
  EXPECT_TRUE(NameFilter(R"([[:alpha:]]+_\w+(?:/|$))").matches("cpu_pi"));
}

// These took the standard library's expressions exponential time, or the stack.
TEST(NameFilter, EndsWhateverTheExpression) {
  const std::string name = std::string(100000, 'x') + "/workers:2";
  for (const char* text :
       {"(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)!", "(x+x+)+y", "(x|x)*y", "(x*)*$y"})
    EXPECT_FALSE(NameFilter(text).matches(name)) << text;
}

TEST(NameFilter, RefusesWhatIsNoExpressionAndSaysWhatToWrite) {
  EXPECT_THAT(error_of("cpu_(pi"), HasSubstr("escape special characters"));
  for (const char* text : {"a(?=b)", "a(?!b)", "(?<=a)b", R"((a)\1)"})
    EXPECT_THAT(error_of(text), HasSubstr("look-aheads and back references are not supported"))
        << text;
  for (const char* text : {"a{2000}", "((a{99}){99}){99}", "(.{0,99}){0,99}"})
    EXPECT_THAT(error_of(text), HasSubstr("repeat less often")) << text;
  EXPECT_THAT(error_of(std::string(2001, 'a')), HasSubstr("2000 characters"));
}

}  // namespace
}  // namespace convoy
