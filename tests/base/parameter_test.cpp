#include "harness/base/parameter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/base/check.hpp"
#include "tests/internal_error.hpp"

namespace convoy {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;

const Parameter wait{"wait", 1ms, "How long", 1us, 10s};
const Parameter size{"bytes", 64_B, "How much", 1_B, 4_MiB};
const Parameter n{"n", 1000, "How many", 1, 1'000'000};
const Flag native{"native", true, "Drop the lock"};
const Choice order{"order", {"fifo", "lifo", "random"}, "Who goes first"};

std::string complaint(const ParameterBase& parameter, const std::string& text) {
  try {
    parameter.parse(text, "demo");
  } catch (const UsageError& error) {
    return error.what();
  }
  return "no complaint";
}

TEST(Parameter, ReadsDurations) {
  EXPECT_EQ(wait.decode(wait.parse("2.5us", "demo")), 2500ns);
  EXPECT_EQ(wait.decode(wait.parse("1500000ns", "demo")), 1500us);
  EXPECT_EQ(wait.decode(wait.parse("10s", "demo")), 10s);
  EXPECT_EQ(parse_duration("2min", "demo"), 2min);
}

TEST(Parameter, ReadsSizes) {
  EXPECT_EQ(size.decode(size.parse("64", "demo")), 64_B);
  EXPECT_EQ(size.decode(size.parse("64B", "demo")), 64_B);
  EXPECT_EQ(size.decode(size.parse("1.5KiB", "demo")), 1536_B);
  EXPECT_EQ(parse_bytes("1GiB", "demo").count, 1LL << 30);
}

TEST(Parameter, ReadsCounts) {
  EXPECT_EQ(n.parse("16", "demo"), 16);
  EXPECT_EQ(n.parse("1e6", "demo"), 1'000'000);
  EXPECT_EQ(n.parse("10_000", "demo"), 10'000);
}

TEST(Parameter, ReadsFlagsAndChoices) {
  for (const char* on : {"on", "true", "1"}) EXPECT_EQ(native.parse(on, "demo"), 1) << on;
  for (const char* off : {"off", "false", "0"}) EXPECT_EQ(native.parse(off, "demo"), 0) << off;
  EXPECT_EQ(order.parse("fifo", "demo"), 0);
  EXPECT_EQ(order.parse("random", "demo"), 2);
}

TEST(Parameter, RefusesWhatItCannotRead) {
  for (const char* text : {"", "5", "ms", "5 ms", "1h", "five", "1ms2", "nanms", "infs", "1e30s"})
    EXPECT_THAT(complaint(wait, text), AllOf(HasSubstr("demo.wait"), HasSubstr("5ms"))) << text;
  for (const char* text : {"", "KiB", "1kb", "1 KiB", "-"})
    EXPECT_THAT(complaint(size, text), AllOf(HasSubstr("demo.bytes"), HasSubstr("KiB"))) << text;
  for (const char* text : {"", "1.5", "x", "1x", "1e30", "nan", "inf"})
    EXPECT_THAT(complaint(n, text), AllOf(HasSubstr("demo.n"), HasSubstr("whole number"))) << text;
  EXPECT_THAT(complaint(native, "maybe"), AllOf(HasSubstr("'maybe'"), HasSubstr("native=off")));
  EXPECT_THAT(complaint(order, "filo"),
              AllOf(HasSubstr("'filo'"), HasSubstr("fifo, lifo, random")));
}

TEST(Parameter, RefusesWhatIsOutOfRangeAndSaysTheRange) {
  EXPECT_THAT(complaint(wait, "999ns"), AllOf(HasSubstr("999ns"), HasSubstr("1us to 10s")));
  EXPECT_THAT(complaint(wait, "11s"), HasSubstr("out of range"));
  EXPECT_THAT(complaint(wait, "-1ms"), HasSubstr("out of range"));
  EXPECT_THAT(complaint(size, "0"), HasSubstr("to 4MiB"));
  EXPECT_THAT(complaint(size, "5MiB"), HasSubstr("out of range"));
  EXPECT_THAT(complaint(n, "0"), HasSubstr("1 to 1000000"));
  EXPECT_EQ(complaint(n, "1"), "no complaint");
  EXPECT_EQ(complaint(n, "1e6"), "no complaint");
}

TEST(Parameter, WritesValuesAsTheyAreRead) {
  EXPECT_EQ(wait.format(1'500'000), "1500us");
  EXPECT_EQ(wait.format(2'000'000'000), "2s");
  EXPECT_EQ(size.format(4096), "4KiB");
  EXPECT_EQ(n.format(42), "42");
  EXPECT_EQ(native.format(0), "off");
  EXPECT_EQ(order.format(1), "lifo");
  for (const std::int64_t value : {1'000LL, 1'001LL, 2'500'000LL, 9'999'999'999LL})
    EXPECT_EQ(wait.parse(wait.format(value), "demo"), value);
  for (const std::int64_t value : {1LL, 1023LL, 1024LL, 3LL * 1024 * 1024})
    EXPECT_EQ(size.parse(size.format(value), "demo"), value);
}

TEST(Parameter, NamesItsUnitInJson) {
  EXPECT_EQ(wait.json_name(), "wait_ns");
  EXPECT_EQ(size.json_name(), "size_bytes");
  EXPECT_EQ(Parameter("block", 1_KiB, "", 1_B, 1_MiB).json_name(), "block_bytes");
  EXPECT_EQ(n.json_name(), "n");
  EXPECT_EQ(native.json_name(), "native");
}

TEST(Parameter, DescribesItsRange) {
  EXPECT_EQ(wait.range(), "1us to 10s");
  EXPECT_EQ(native.range(), "on or off");
  EXPECT_EQ(order.range(), "fifo or lifo or random");
}

TEST(ParameterDeathTest, ADefaultOutsideTheRangeIsADefect) {
  EXPECT_EXIT(Parameter("n", 0, "", 1, 2), kInternalError, "default lies outside its range");
}

TEST(NearestName, FindsMisspellingsAndNothingElse) {
  const std::vector<std::string> known{"cpu_pi", "cpu_json", "io_sleep"};
  EXPECT_EQ(nearest_name("cpu_p1", known), "cpu_pi");
  EXPECT_EQ(nearest_name("io_slep", known), "io_sleep");
  EXPECT_EQ(nearest_name("zzzzzz", known), "");
  EXPECT_EQ(nearest_name("", {}), "");
}

}  // namespace
}  // namespace convoy
