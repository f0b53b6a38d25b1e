#include "harness/base/interruption.hpp"

#include <atomic>
#include <csignal>

#include "harness/base/check.hpp"

namespace convoy {
namespace {

// Relaxed everywhere: one flag, written by a signal handler of the same thread; lock-free, so
// allowed in handlers.
std::atomic<int> pending{0};

void remember(int signal) {
  pending.store(signal, std::memory_order_relaxed);
  for (const int second : {SIGINT, SIGTERM}) std::signal(second, SIG_DFL);
}

}  // namespace

void remember_interruptions() {
  struct sigaction action{};
  action.sa_handler = remember;
  sigemptyset(&action.sa_mask);
  // Neither interrupts the other's handling: the first is remembered, the second ends the process.
  for (const int signal : {SIGINT, SIGTERM}) sigaddset(&action.sa_mask, signal);
  // No SA_RESTART: sleeping system calls return and look at the flag.
  for (const int signal : {SIGINT, SIGTERM})
    if (::sigaction(signal, &action, nullptr) != 0) throw_errno("sigaction");
}

int pending_interruption() { return pending.load(std::memory_order_relaxed); }

void set_pending_interruption(int signal) { pending.store(signal, std::memory_order_relaxed); }

}  // namespace convoy
