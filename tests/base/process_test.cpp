// Signals to processes, and their ends.
#include "harness/base/process.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/internal_error.hpp"

namespace convoy {
namespace {

using namespace std::chrono_literals;

// A child that waits for a signal, leader of a group of its own; killed and reaped with the scope.
class Child {
 public:
  Child() : pid_(::fork()) {
    if (pid_ == 0) {
      ::setpgid(0, 0);
      for (;;) ::pause();
    }
    ::setpgid(pid_, pid_);
  }
  Child(const Child&) = delete;
  ~Child() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

TEST(Process, EndsOfASignalAndSaysHow) {
  const Child child;
  EXPECT_TRUE(send_signal(child.pid(), SIGKILL));
  const auto status = reap_within(child.pid(), 60s);
  ASSERT_TRUE(status);
  EXPECT_EQ(WTERMSIG(*status), SIGKILL);
  EXPECT_FALSE(reap_within(child.pid(), 60s)) << "reaped twice";
}

TEST(Process, OneThatDoesNotEndIsGivenUp) {
  const Child child;
  EXPECT_FALSE(reap_within(child.pid(), 1ms));
  EXPECT_FALSE(reap_group_within(child.pid(), 1ms));
  EXPECT_NE(state_of_process(child.pid()), '?');
}

TEST(Process, AGroupEndsAsAWhole) {
  const Child child;
  EXPECT_TRUE(send_signal_to_group(child.pid(), SIGKILL));
  EXPECT_TRUE(reap_group_within(child.pid(), 60s));
  EXPECT_TRUE(reap_group_within(child.pid(), 60s)) << "nobody is left";
}

class NoProcess : public ::testing::TestWithParam<pid_t> {};

TEST_P(NoProcess, IsNeverSignalled) {
  EXPECT_EXIT(send_signal(GetParam(), 0), kInternalError, "not there");
  EXPECT_EXIT(send_signal_to_group(GetParam(), 0), kInternalError, "not there");
  EXPECT_EXIT(reap_within(GetParam(), 1ms), kInternalError, "not there");
}

INSTANTIATE_TEST_SUITE_P(Pids, NoProcess, ::testing::Values(-1, 0, 1));

}  // namespace
}  // namespace convoy
