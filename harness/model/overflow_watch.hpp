// Says which worker has overflown its fiber's stack, where the kernel would only say that the host
// was killed.
#pragma once

#include <memory>
#include <string>

#include "harness/model/arena.hpp"

namespace convoy {

class Fibers;

// For a scope on a carrier's thread: fails the crew and ends its process once a fiber runs into the
// guard below its stack. Handles SIGSEGV on a stack of its own; whatever else that signal is about
// goes on as if there were no watch.
class OverflowWatch {
 public:
  OverflowWatch(Arena& arena, int seat, const Fibers& fibers);
  OverflowWatch(const OverflowWatch&) = delete;
  OverflowWatch& operator=(const OverflowWatch&) = delete;
  ~OverflowWatch();

  // Ends the process with what the row says of it. Nothing is allocated: signal handlers call it.
  [[noreturn]] void fail(int worker);

  const Fibers& fibers() const { return fibers_; }

 private:
  Arena& arena_;
  const Fibers& fibers_;
  std::string before_, after_;  // what stands around the worker's number
  std::unique_ptr<std::byte[]> stack_;
};

}  // namespace convoy
