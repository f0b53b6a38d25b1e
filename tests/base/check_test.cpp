#include "harness/base/check.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <string>

#include "tests/internal_error.hpp"

namespace convoy {
namespace {

void break_an_invariant() { CONVOY_CHECK(1 + 1 == 3, "broken for a test"); }

[[noreturn]] void listen_and_break() {
  tell_failed_checks_to([](const std::string&) { std::fputs("heard", stderr); });
  break_an_invariant();
  ::_exit(0);
}

// What a child that was forked later ends with.
[[noreturn]] void break_in_a_child_of_a_listener() {
  tell_failed_checks_to([](const std::string&) { ::_exit(1); });
  const pid_t child = ::fork();
  if (child == 0) break_an_invariant();
  int status = 0;
  ::waitpid(child, &status, 0);
  ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

std::string thrown_by_a_failed_check() {
  tell_failed_checks_to([](const std::string& what) { throw InternalError(what); });
  try {
    break_an_invariant();
  } catch (const InternalError& error) {
    return error.what();
  }
  return {};
}

TEST(CheckDeathTest, EndsTheProcessWithACodeOfItsOwn) {
  EXPECT_EXIT(break_an_invariant(), kInternalError,
              "^convoy: internal check failed: broken for a test \\(1 \\+ 1 == 3\\) at "
              "[^ ]*tests/base/check_test.cpp:[0-9]+; this is a fault of Convoy: please report it "
              "with the command and this line\n$");
}

TEST(CheckDeathTest, IsToldToWhoeverListens) {
  EXPECT_EXIT(listen_and_break(), kInternalError, "^heard$");
}

TEST(CheckDeathTest, IsNotToldToTheListenerOfTheParent) {
  EXPECT_EXIT(break_in_a_child_of_a_listener(), kInternalError, "broken for a test");
}

TEST(CheckDeathTest, MayBeThrownByItsListener) {
  const auto throws = [] {
    const std::string what = thrown_by_a_failed_check();
    ::_exit(what.find("broken for a test") != std::string::npos ? 0 : 1);
  };
  EXPECT_EXIT(throws(), testing::ExitedWithCode(0), "^$");
}

}  // namespace
}  // namespace convoy
