#include "harness/base/unique_fd.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>

namespace convoy {
namespace {

UniqueFd open_something() { return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }
bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

TEST(UniqueFd, ClosesWhatItOwns) {
  int fd = -1;
  {
    const UniqueFd owner = open_something();
    fd = owner.get();
    EXPECT_TRUE(owner);
    EXPECT_TRUE(is_open(fd));
  }
  EXPECT_FALSE(is_open(fd));
}

TEST(UniqueFd, OwnsNothingAtFirst) {
  const UniqueFd owner;
  EXPECT_FALSE(owner);
  EXPECT_EQ(owner.get(), -1);
}

TEST(UniqueFd, PassesOwnershipOnWhenMoved) {
  UniqueFd first = open_something();
  const int fd = first.get();
  UniqueFd second = std::move(first);
  EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): an empty owner is promised
  EXPECT_EQ(second.get(), fd);
  EXPECT_TRUE(is_open(fd));
  UniqueFd third = open_something();
  const int replaced = third.get();
  third = std::move(second);
  EXPECT_EQ(third.get(), fd);
  EXPECT_FALSE(is_open(replaced));
}

TEST(UniqueFd, SurvivesBeingMovedIntoItself) {
  UniqueFd owner = open_something();
  const int fd = owner.get();
  UniqueFd& alias = owner;
  owner = std::move(alias);
  EXPECT_EQ(owner.get(), fd);
  EXPECT_TRUE(is_open(fd));
}

TEST(UniqueFd, ResetClosesTheDescriptor) {
  UniqueFd owner = open_something();
  const int fd = owner.get();
  EXPECT_TRUE(is_open(fd));
  owner.reset();
  EXPECT_FALSE(owner);
  EXPECT_FALSE(is_open(fd));
}

TEST(UniqueFd, KeepsTheErrorOfTheCallBefore) {
  UniqueFd owner = open_something();
  ::close(owner.get());  // so that its own attempt fails
  errno = EAGAIN;
  owner.reset();
  EXPECT_EQ(errno, EAGAIN);
}

}  // namespace
}  // namespace convoy
