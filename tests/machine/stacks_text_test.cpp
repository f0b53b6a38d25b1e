#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/machine/stacks.hpp"

namespace convoy {
namespace {

using testing::StartsWith;

StackFrame frame(const std::string& function, const std::string& file, int line) {
  StackFrame frame;
  frame.function = function;
  frame.file = file;
  frame.line = line;
  frame.own = true;
  return frame;
}

StackFrame library_frame() {
  StackFrame frame;
  frame.function = "syscall";
  frame.module = "/lib/libc.so.6";
  return frame;
}

ThreadStack running(std::vector<StackFrame> frames, const std::string& reason = {}) {
  ThreadStack stack;
  stack.tid = 9;
  stack.name = "host";
  stack.state = 'R';
  stack.frames = std::move(frames);
  stack.reason = reason;
  return stack;
}

ThreadStack blocked(pid_t tid) {
  ThreadStack stack;
  stack.tid = tid;
  stack.name = "seat " + std::to_string(tid);
  stack.state = 'S';
  stack.waits_in = "futex_wait";
  stack.frames = {library_frame(),
                  frame("convoy::Mutex::block(convoy::Slot&)", "harness/sync/mutex.cpp", 51),
                  frame("std::invoke<int>(int&)", "/usr/include/c++/12/functional", 7),
                  frame("body", "benchmarks/deadlock.cpp", 20)};
  return stack;
}

TEST(DescribeStacks, TellsTheFramesOfTheProgram) {
  EXPECT_EQ(describe(blocked(3)),
            "thread 3 (seat 3) in futex_wait: convoy::Mutex::block at harness/sync/mutex.cpp:51 < "
            "body at benchmarks/deadlock.cpp:20");
}

TEST(DescribeStacks, TellsOtherFramesWhereTheProgramHasNone) {
  ThreadStack stack = blocked(3);
  stack.frames.resize(1);
  EXPECT_EQ(describe(stack), "thread 3 (seat 3) in futex_wait: syscall in libc.so.6");
}

TEST(DescribeStacks, TellsWhyThereIsNoStack) {
  EXPECT_EQ(describe(running({}, "forbidden: ask")),
            "thread 9 (host) running: no stack, forbidden: ask");
}

TEST(DescribeStacks, GathersThreadsAtTheSamePlace) {
  const std::vector<ThreadStack> stacks = {blocked(3), running({frame("run", "b.cpp", 1)}),
                                           blocked(4)};
  EXPECT_THAT(describe_lines(stacks, 2),
              testing::ElementsAre(StartsWith("thread 3 (seat 3) and 1 more in futex_wait: "),
                                   "thread 9 (host) running: run at b.cpp:1"));
  EXPECT_THAT(describe_lines(stacks, 1), testing::ElementsAre("and 2 more places"));
}

TEST(ShortFunction, DropsParametersAndTypes) {
  EXPECT_EQ(short_function("main"), "main");
  EXPECT_EQ(short_function("convoy::Mutex::block(convoy::Slot&) const"), "convoy::Mutex::block");
  EXPECT_EQ(short_function("void std::__invoke<void (*)(int), int>(std::tag, int&&)"),
            "std::__invoke");
  EXPECT_EQ(short_function("convoy::(anonymous namespace)::wait(int)"), "convoy::wait");
  EXPECT_EQ(short_function("convoy::(anonymous namespace)::body(body(int)::Frame*) [clone .actor]"),
            "convoy::body");
  EXPECT_EQ(short_function("A::run()::{lambda(int)#1}::operator()(int) const"),
            "A::run::{lambda#1}::operator()");
  EXPECT_EQ(short_function("bool operator< <int>(int)"), "operator< <int>");
  EXPECT_EQ(short_function("A::operator bool() const"), "A::operator bool");
}

}  // namespace
}  // namespace convoy
