// Streams that are closed are opened, and still take nothing.
#include "harness/base/standard_streams.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>

namespace convoy {
namespace {

using ::testing::HasSubstr;

// In processes of their own, whose stderr is matched.
class StandardStreamsDeathTest : public testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

[[noreturn]] void close_and_write(int fd) {
  ::close(fd);
  open_standard_streams();
  if (::fcntl(fd, F_GETFD) < 0) std::_Exit(90);
  std::_Exit(write_standard_output("lost") == EBADF ? end_standard_output(0, EBADF) : 91);
}

TEST_F(StandardStreamsDeathTest, ClosedOutputIsTold) {
  EXPECT_EXIT(close_and_write(STDOUT_FILENO), testing::ExitedWithCode(2),
              "cannot write to stdout: it is closed; send it to a file");
}

[[noreturn]] void fill() {
  std::freopen("/dev/full", "w", stdout);
  std::fputs("lost", stdout);
  std::_Exit(end_standard_output(1, 0));
}

TEST_F(StandardStreamsDeathTest, AFullDiskIsTold) {
  EXPECT_EXIT(fill(), testing::ExitedWithCode(2), "No space left on device; free some space");
}

[[noreturn]] void write_for_nobody() {
  std::signal(SIGPIPE, SIG_IGN);
  int fds[2];
  if (::pipe(fds) != 0) std::_Exit(92);
  ::dup2(fds[1], STDOUT_FILENO);
  ::close(fds[0]);
  std::fputs("lost", stdout);
  std::_Exit(end_standard_output(0, 0));
}

TEST_F(StandardStreamsDeathTest, WhoeverHasNoReaderEndsQuietly) {
  EXPECT_EXIT(write_for_nobody(), testing::KilledBySignal(SIGPIPE), "^$");
}

[[noreturn]] void abandon() {
  std::freopen("/dev/full", "w", stdout);
  if (write_standard_output("lost") != ENOSPC) std::_Exit(93);
  abandon_standard_output();
  std::_Exit(end_standard_output(7, 0));
}

TEST_F(StandardStreamsDeathTest, WhatWasAbandonedIsNotToldAgain) {
  EXPECT_EXIT(abandon(), testing::ExitedWithCode(7), "^$");
}

TEST(StandardStreams, OpensNothingWhereAllAreOpen) {
  const int next = ::dup(STDIN_FILENO);
  ::close(next);
  open_standard_streams();
  const int same = ::dup(STDIN_FILENO);
  ::close(same);
  EXPECT_EQ(same, next);
}

TEST(StandardStreams, AdviceGoesWithTheError) {
  EXPECT_THAT(describe_output_error(ENOSPC), HasSubstr("free some space, or send it to a file"));
  EXPECT_THAT(describe_output_error(0), HasSubstr("not everything was written; send it to a file"));
}

}  // namespace
}  // namespace convoy
