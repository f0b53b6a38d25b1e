// Stacks of a stopped process, read with elfutils' libdw, which is loaded when first needed.
#pragma once

#include <sys/types.h>

#include <compare>
#include <memory>
#include <vector>

#include "harness/machine/stacks.hpp"

namespace convoy {

// A return address on a stack, or where the thread was stopped.
struct StackCall {
  std::uint64_t address = 0;
  bool interrupted = false;  // the next instruction; otherwise, the one behind a call

  auto operator<=>(const StackCall&) const = default;
};

// Used by the inspector, a forked child with one thread that stacks_of() kills when it is late.
class Unwinder {
 public:
  // Reads which files the process has mapped. Throws std::runtime_error with the reason and what to
  // do, also where libdw is not installed.
  explicit Unwinder(pid_t pid);
  Unwinder(const Unwinder&) = delete;
  Unwinder& operator=(const Unwinder&) = delete;
  ~Unwinder();

  // Of a thread that the caller has stopped with ptrace, the innermost first. Throws
  // std::runtime_error where there are none.
  std::vector<StackCall> calls(pid_t tid) const;
  // What was inlined there, and the function itself. The process need not be stopped any more.
  std::vector<StackFrame> frames(const StackCall& call) const;

 private:
  struct Session;
  std::unique_ptr<Session> session_;
};

}  // namespace convoy
