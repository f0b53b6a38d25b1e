#include "harness/machine/stacks.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <thread>

#include "harness/base/process.hpp"
#include "harness/base/unique_fd.hpp"
#include "tests/forbid.hpp"

namespace convoy {

// Not in the namespace without a name, where a compiler may choose another one.
[[gnu::noinline]] void sleep_for_a_test(int ready) {
  CONVOY_CHECK(::write(ready, "s", 1) == 1, "write");
  for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
}

// Answers each byte with itself; blocked in read() meanwhile.
[[gnu::noinline]] void answer_for_a_test(int requests, int answers) {
  char byte = 'r';
  do {
    CONVOY_CHECK(::write(answers, &byte, 1) == 1, "write");
  } while (::read(requests, &byte, 1) == 1);
}

namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

constexpr nanoseconds kPatience = 30s;

struct Pipe {
  UniqueFd end;
  UniqueFd begin;

  Pipe() {
    int fds[2];
    CONVOY_CHECK(::pipe2(fds, O_CLOEXEC) == 0, "pipe2");
    end.reset(fds[0]);
    begin.reset(fds[1]);
  }
};

// A process with two threads, one that reads from a pipe and one that sleeps. Both are about to
// once it has been made.
class TwoThreads {
 public:
  TwoThreads() {
    pid_ = ::fork();
    CONVOY_CHECK(pid_ >= 0, "fork");
    if (pid_ == 0) {
      std::thread([this] {
        ::pthread_setname_np(::pthread_self(), "seat 1");
        sleep_for_a_test(answers_.begin.get());
      }).detach();
      answer_for_a_test(requests_.end.get(), answers_.begin.get());
      ::_exit(0);
    }
    read_byte();
    read_byte();
    await_sleep();
  }
  ~TwoThreads() {
    send_signal(pid_, SIGKILL);
    reap_within(pid_, kKillPatience);
  }

  pid_t pid() const { return pid_; }

  char answer(char request) {
    CONVOY_CHECK(::write(requests_.begin.get(), &request, 1) == 1, "write");
    return read_byte();
  }

 private:
  char read_byte() {
    char byte = 0;
    CONVOY_CHECK(::read(answers_.end.get(), &byte, 1) == 1, "read");
    return byte;
  }

  // What has written may not be asleep yet.
  void await_sleep() const {
    for (const auto& task :
         std::filesystem::directory_iterator("/proc/" + std::to_string(pid_) + "/task")) {
      while (state_of_process(std::stoi(task.path().filename())) != 'S') std::this_thread::yield();
    }
  }

  Pipe requests_;
  Pipe answers_;
  pid_t pid_ = -1;
};

// Runs `look` in a child, and returns what it says.
std::string in_child(const std::function<std::string()>& look) {
  Pipe pipe;
  const pid_t pid = ::fork();
  if (pid == 0) {
    const std::string text = look();
    const bool written =
        ::write(pipe.begin.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
    ::_exit(written ? 0 : 1);
  }
  pipe.begin.reset();
  std::string text(65536, '\0');
  const ssize_t size = ::read(pipe.end.get(), text.data(), text.size());
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  EXPECT_EQ(reap_within(pid, kKillPatience), 0);
  return text;
}

std::string reasons_without_frames(pid_t pid) {
  std::string text;
  for (const ThreadStack& stack : stacks_of(pid, kPatience))
    text += stack.frames.empty() ? stack.reason + "\n" : "FRAMES\n";
  return text;
}

bool may_trace() {
  const TwoThreads process;
  return !stacks_of(process.pid(), kPatience).front().frames.empty();
}

class Stacks : public testing::Test {
 protected:
  void SetUp() override {
    static const bool may = may_trace();
    if (!may) GTEST_SKIP() << "ptrace is not allowed here: give the container SYS_PTRACE";
  }
};

auto frame_of(const std::string& function) {
  return AllOf(Field("function", &StackFrame::function, HasSubstr(function)),
               Field("own", &StackFrame::own, true),
               Field("file", &StackFrame::file, "tests/machine/stacks_test.cpp"),
               Field("line", &StackFrame::line, testing::Gt(0)));
}

TEST_F(Stacks, NameWhatEachThreadIsIn) {
  const TwoThreads process;
  const std::vector<ThreadStack> stacks = stacks_of(process.pid(), kPatience);
  ASSERT_EQ(stacks.size(), 2U);
  EXPECT_EQ(stacks[0].tid, process.pid());
  EXPECT_EQ(stacks[0].state, 'S');
  EXPECT_THAT(stacks[0].frames, Contains(frame_of("convoy::answer_for_a_test(int, int)")));
  EXPECT_THAT(stacks[0].reason, IsEmpty());
  EXPECT_EQ(stacks[1].name, "seat 1");
  EXPECT_THAT(stacks[1].waits_in, HasSubstr("nanosleep"));
  EXPECT_THAT(stacks[1].frames, Contains(frame_of("convoy::sleep_for_a_test(int)")));
  EXPECT_THAT(describe(stacks[1]),
              AllOf(StartsWith("thread " + std::to_string(stacks[1].tid) + " (seat 1) in "),
                    HasSubstr("convoy::sleep_for_a_test at tests/machine/stacks_test.cpp:")));
}

TEST_F(Stacks, LeaveTheProcessRunning) {
  TwoThreads process;
  for (char request = 'a'; request < 'd'; ++request) {
    EXPECT_FALSE(stacks_of(process.pid(), kPatience).front().frames.empty());
    EXPECT_EQ(process.answer(request), request);
  }
}

TEST_F(Stacks, OfAStoppedProcessLeaveItStopped) {
  TwoThreads process;
  send_signal(process.pid(), SIGSTOP);
  while (state_of_process(process.pid()) != 'T') std::this_thread::yield();
  EXPECT_FALSE(stacks_of(process.pid(), kPatience).front().frames.empty());
  while (state_of_process(process.pid()) == 't') std::this_thread::yield();
  EXPECT_EQ(state_of_process(process.pid()), 'T');
  send_signal(process.pid(), SIGCONT);
  EXPECT_EQ(process.answer('x'), 'x');
}

TEST_F(Stacks, DoNotLoadTheirLibraryIntoTheCaller) {
  const TwoThreads process;
  EXPECT_FALSE(stacks_of(process.pid(), kPatience).front().frames.empty());
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) EXPECT_THAT(line, Not(HasSubstr("libdw.so")));
}

TEST_F(Stacks, OfSomebodyElseHaveAReason) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  TwoThreads process;
  EXPECT_EQ(process.answer('x'), 'x');
  const std::string reasons = in_child([&] {
    constexpr uid_t kNobody = 65534;
    if (::setresuid(kNobody, kNobody, kNobody) != 0) return std::string("setresuid failed");
    return reasons_without_frames(process.pid());
  });
  EXPECT_THAT(reasons,
              AllOf(HasSubstr("run as the user of the process"), Not(HasSubstr("FRAMES"))));
  EXPECT_EQ(process.answer('y'), 'y');
}

// The kernel lets nothing but a kill end the wait of vfork().
TEST_F(Stacks, OfAnUninterruptibleCallHaveAReasonInTime) {
  // What it has forked comes to this process when it dies, and is waited for.
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::setpgid(0, 0);
    if (::syscall(SYS_clone, CLONE_VFORK | SIGCHLD, nullptr, nullptr, nullptr, nullptr) == 0)
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) ::pause();
  }
  while (state_of_process(pid) != 'D') std::this_thread::yield();
  const std::vector<ThreadStack> stacks = stacks_of(pid, 2s);
  EXPECT_EQ(stacks.at(0).state, 'D');
  EXPECT_THAT(stacks[0].frames, IsEmpty());
  EXPECT_THAT(stacks[0].reason,
              testing::AnyOf(HasSubstr("does not stop"), HasSubstr("took longer")));
  EXPECT_THAT(describe(stacks[0]), HasSubstr("(uninterruptible): no stack"));
  send_signal(pid, SIGKILL);
  EXPECT_EQ(reap_within(pid, kKillPatience), SIGKILL);
  send_signal_to_group(pid, SIGKILL);
  EXPECT_TRUE(reap_group_within(pid, kKillPatience));
}

TEST(StacksWithoutPtrace, HaveAReason) {
  TwoThreads process;
  const auto reasons_with = [&](unsigned error) {
    return in_child([&] {
      forbid_call(SYS_ptrace, error);
      return reasons_without_frames(process.pid());
    });
  };
  EXPECT_THAT(reasons_with(EPERM), AllOf(HasSubstr("ptrace may not stop it (Operation not permi"),
                                         Not(HasSubstr("FRAMES"))));
  EXPECT_THAT(reasons_with(ENOSYS),
              AllOf(HasSubstr("does not offer ptrace; run outside"), Not(HasSubstr("FRAMES"))));
  EXPECT_EQ(process.answer('x'), 'x');
}

TEST(StacksOfNobody, HaveAReason) {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(0);
  reap_within(pid, kKillPatience);
  const std::vector<ThreadStack> stacks = stacks_of(pid, kPatience);
  ASSERT_EQ(stacks.size(), 1U);
  EXPECT_THAT(stacks[0].frames, IsEmpty());
  EXPECT_THAT(stacks[0].reason, HasSubstr("has ended"));
}

TEST(StacksOfAZombie, HaveAReason) {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(0);
  while (state_of_process(pid) != 'Z') std::this_thread::yield();
  const std::vector<ThreadStack> stacks = stacks_of(pid, kPatience);
  ASSERT_EQ(stacks.size(), 1U);
  EXPECT_THAT(stacks[0].frames, IsEmpty());
  EXPECT_THAT(stacks[0].reason, HasSubstr("has ended"));
  EXPECT_EQ(reap_within(pid, kKillPatience), 0);
}

TEST(StacksWithoutPatience, HaveAReason) {
  TwoThreads process;
  for (const ThreadStack& stack : stacks_of(process.pid(), 0ns)) {
    // The kernel may run the child first, which then is in time.
    if (stack.frames.empty()) {
      EXPECT_THAT(stack.reason, HasSubstr("took longer than 0 ms"));
    }
  }
  EXPECT_EQ(process.answer('x'), 'x');
}

}  // namespace
}  // namespace convoy
