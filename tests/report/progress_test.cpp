#include "harness/report/progress.hpp"

#include <gmock/gmock.h>

namespace convoy {
namespace {

using namespace std::chrono_literals;
using ::testing::StartsWith;

SessionProgress some_progress() {
  SessionProgress progress;
  progress.pass = 3;
  progress.done_in_pass = 41;
  progress.in_pass = 310;
  progress.finished = 127;
  progress.total = 437;
  progress.left = 112s;
  return progress;
}

TEST(ProgressLine, TellsPassSamplesPreciseAndTimeLeft) {
  EXPECT_EQ(progress_line(some_progress(), "cpu_pi/model:threads", 200),
            "pass 3  41/310  precise 127/437  1:52 left  cpu_pi/model:threads");
}

TEST(ProgressLine, FitsItsWidth) {
  const std::string whole = progress_line(some_progress(), std::string(300, 'x'), 1000);
  for (const int width : {0, 1, 10, 79, 132}) {
    const std::string line = progress_line(some_progress(), std::string(300, 'x'), width);
    EXPECT_EQ(line.size(), static_cast<std::size_t>(width));
    EXPECT_THAT(whole, StartsWith(line));
  }
}

TEST(ProgressLine, WritesSecondsWithTwoDigits) {
  SessionProgress progress = some_progress();
  progress.left = 61s;
  EXPECT_THAT(progress_line(progress, "", 200), ::testing::HasSubstr("  1:01 left"));
  progress.left = 999ms;
  EXPECT_THAT(progress_line(progress, "", 200), ::testing::HasSubstr("  0:00 left"));
  progress.left = 2h;
  EXPECT_THAT(progress_line(progress, "", 200), ::testing::HasSubstr("  120:00 left"));
}

}  // namespace
}  // namespace convoy
