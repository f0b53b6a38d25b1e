// Programs that end with workers in the background: nothing of them is left, also where they may
// not start all their workers.
#include <gmock/gmock.h>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>

#include "harness/base/mapping.hpp"
#include "tests/work/solo.hpp"

namespace convoy {
namespace {

using test::Arguments;
using test::Kept;
using test::Solo;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr const char* kWays[] = {"thread", "process"};

double figure(const Solo& solo, const std::string& name) {
  const auto& figures = find_workload("daemon_exit").figures;
  for (std::size_t i = 0; i < figures.size(); ++i)
    if (figures[i]->name == name) return solo.seat().figures[i].sum;
  ADD_FAILURE() << "no figure " << name;
  return 0;
}

bool has_children() {
  siginfo_t seen{};
  return ::waitid(P_ALL, 0, &seen, WEXITED | WSTOPPED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

TEST(DaemonExit, WaitsForOrdinaryWorkersAndDropsTheOthers) {
  for (const char* way : kWays) {
    SCOPED_TRACE(way);
    Solo solo("daemon_exit", Arguments{{"how", way}, {"workers_each", "3"}, {"work", "100us"}});
    EXPECT_EQ(solo.run(2), std::vector(1, (Kept() << 2).checksum()));
    EXPECT_EQ(figure(solo, "ordinary_finished"), 2);  // a share of 1, twice
    EXPECT_EQ(figure(solo, "background_survived"), 0);
    EXPECT_GT(figure(solo, "exit_ns"), 0);
    EXPECT_FALSE(has_children());
  }
}

// In a process whose user has no other, since the limit is the user's.
TEST(DaemonExit, SaysWhatToDoWhereItsWorkersMayNotBeStarted) {
  if (::geteuid() != 0) GTEST_SKIP() << "how many processes this user has changes all the time";
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);  // so that orphans would come to us
  for (const char* way : kWays) {
    const Mapping told(4'096);
    const pid_t child = ::fork();
    if (child == 0) {
      const auto user = static_cast<uid_t>(1'000'000'000 + ::getpid());
      if (::setresuid(user, user, user) != 0) ::_exit(77);
      const rlimit some{4, 4};  // this one, the program, and two of its eight
      ::setrlimit(RLIMIT_NPROC, &some);
      try {
        Solo("daemon_exit", Arguments{{"how", way}, {"workers_each", "4"}}).run(1);
      } catch (const std::system_error& error) {
        const std::string text =
            (has_children() ? "a child is left; " : "") + std::string(error.what());
        std::strncpy(static_cast<char*>(told.data()), text.c_str(), told.size_bytes() - 1);
      }
      ::_exit(0);
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77) GTEST_SKIP() << "no user to be had";
    EXPECT_EQ(status, 0);
    const char* call = std::strcmp(way, "thread") == 0 ? "pthread_create" : "fork";
    EXPECT_THAT(static_cast<char*>(told.data()),
                AllOf(::testing::StartsWith(call), HasSubstr("daemon_exit.workers_each")));
    EXPECT_FALSE(has_children());
  }
}

}  // namespace
}  // namespace convoy
