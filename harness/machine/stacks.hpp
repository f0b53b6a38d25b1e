// Where the threads of a live process are: what each waits in, and its stack with names and lines.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/clock.hpp"

namespace convoy {

// One call on a stack. What is not known is empty, or 0.
struct StackFrame {
  std::uint64_t address = 0;
  std::string function;  // demangled, with its parameters
  std::string file;      // relative to the checkout for files of Convoy, else as compiled
  int line = 0;
  std::string module;    // the file that holds the code: "/usr/lib/x86_64-linux-gnu/libc.so.6"
  bool own = false;      // the module is the program itself, not a library
  bool inlined = false;  // compiled into the frame that follows
};

// At most this many frames of a thread are read, those that were called last.
constexpr std::size_t kMaxFrames = 32;

struct ThreadStack {
  pid_t tid = 0;
  std::string name;                // "seat 0"
  char state = '?';                // "R", "S", "D" and so on, as in /proc/PID/stat
  std::string waits_in;            // the kernel's function or the system call; empty if unknown
  std::vector<StackFrame> frames;  // the innermost first
  std::string reason;              // why there are no frames, and what to do; empty if there are
};

// The stacks of all threads of `pid`, by tid. Never empty: of a process that is gone it holds one
// entry with the reason. Called by the controller, before it kills what has outlived its limit.
// Blocks for up to `patience`, and one second more if the kernel is stuck. A forked child does the
// work, since libdw may be slow or crash, and since a tracer that ends leaves no thread stopped.
//
// The process goes on afterwards. It is stopped for some milliseconds, as by a debugger: calls
// that signals interrupt, such as epoll_wait, may return EINTR.
std::vector<ThreadStack> stacks_of(pid_t pid, nanoseconds patience);

// Where yama lets only ancestors look into a process, lets `controller` and its children look into
// the calling one. Not inherited: each forked child calls it for itself. Does nothing elsewhere.
void allow_stacks_for(pid_t controller);

// One line, the innermost six frames of the program's own: "thread 1234 (seat 0) in
// futex_wait_queue: convoy::Mutex::block at harness/sync/mutex.cpp:51 < body at b.cpp:20".
std::string describe(const ThreadStack& thread);

// At most `most_lines` such lines. Threads that are at the same place share a line.
std::vector<std::string> describe_lines(std::span<const ThreadStack> threads,
                                        std::size_t most_lines);

// "convoy::Mutex::block" of "void convoy::Mutex<int>::block(convoy::Slot&)".
std::string short_function(std::string_view demangled);

}  // namespace convoy
