// Starting one in every way: it is whom it says it is, and nothing stays, also where no more may be
// started.
#include <gmock/gmock.h>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "harness/base/mapping.hpp"
#include "tests/work/solo.hpp"

namespace convoy {
namespace {

using test::Kept;
using test::Solo;
using ::testing::AllOf;
using ::testing::HasSubstr;

const std::vector<std::string>& ways() { return find_workload("spawn").parameters[0]->choices(); }

bool has_children() {
  siginfo_t seen{};
  return ::waitid(P_ALL, 0, &seen, WEXITED | WSTOPPED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

// What `text` returns in a process of its own, whose user is nobody else's where that may be
// chosen.
std::string in_child(const std::function<std::string()>& text) {
  const Mapping answer(4'096);
  const pid_t child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0) {
      const auto user = static_cast<uid_t>(1'000'000'000 + ::getpid());
      if (::setresuid(user, user, user) != 0) ::_exit(77);
    }
    std::strncpy(static_cast<char*>(answer.data()), text().c_str(), answer.size_bytes() - 1);
    ::_exit(0);
  }
  int status = -1;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 77) return "no user to be had";
  EXPECT_EQ(status, 0);
  return static_cast<char*>(answer.data());
}

void allow_processes(rlim_t count) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NPROC, &limit);
  limit.rlim_cur = count;
  CONVOY_CHECK(::setrlimit(RLIMIT_NPROC, &limit) == 0, "setrlimit");
}

TEST(Spawn, StartsWhomItShouldInEveryWayAndReapsAll) {
  for (const std::string& way : ways()) {
    SCOPED_TRACE(way);
    Solo solo("spawn", {{"how", way}}, 2);
    EXPECT_FALSE(has_children()) << "those that were weighed";
    EXPECT_EQ(solo.run(3), std::vector(2, (Kept() << 3).checksum()));
    EXPECT_FALSE(has_children());
  }
}

TEST(Spawn, HasAsMuchMemoryAsItIsGiven) {
  const auto resident = [](const char* given) {
    Solo solo("spawn", {{"how", "fork"}, {"parent_rss", given}});
    std::int64_t pages = 0;
    std::FILE* file = std::fopen("/proc/self/statm", "r");
    EXPECT_EQ(std::fscanf(file, "%*d %ld", &pages), 1);
    std::fclose(file);
    solo.run(1);
    return pages * ::sysconf(_SC_PAGESIZE);
  };
  const std::int64_t before = resident("0");
  EXPECT_GE(resident("32MiB") - before, 30 << 20);
}

// The limit comes in the middle: some had been started before.
TEST(Spawn, SaysWhatToDoWhereNoMoreMayBeStartedAndLeavesNoZombie) {
  for (const auto& [way, call] : {std::pair("thread", "pthread_create"),
                                  {"small_thread", "pthread_create"},
                                  {"fork", "fork"},
                                  {"vfork", "vfork"},
                                  {"clone3", "clone3"},
                                  {"posix_spawn_true", "posix_spawn"}}) {
    const std::string told = in_child([way = way] {
      Solo solo("spawn", {{"how", way}});
      try {
        solo.run(2);
        allow_processes(1);
        solo.run(2);
      } catch (const std::system_error& error) {
        return (has_children() ? "a child is left; " : "") + std::string(error.what());
      }
      return std::string("the limit is none");
    });
    if (told == "no user to be had") GTEST_SKIP() << "root may start as many as it likes";
    EXPECT_THAT(told, AllOf(::testing::StartsWith(call), HasSubstr("raise `ulimit -u`"))) << way;
  }
}

TEST(Spawn, WorksWhereOneMayBeStartedButNotThoseThatAreWeighed) {
  if (::geteuid() != 0) GTEST_SKIP() << "how many processes this user has changes all the time";
  for (const char* way : {"thread", "fork", "clone3"}) {
    const std::string told = in_child([way] {
      allow_processes(4);
      Solo solo("spawn", {{"how", way}});
      if (has_children()) return "a child is left";
      return solo.run(3).at(0) == (Kept() << 3).checksum() ? "right" : "wrong";
    });
    if (told == "no user to be had") GTEST_SKIP() << "root may start as many as it likes";
    EXPECT_EQ(told, "right") << way;
  }
}

}  // namespace
}  // namespace convoy
