#include "harness/base/interruption.hpp"

#include <array>
#include <atomic>

namespace convoy {
namespace {

constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP};

// Relaxed everywhere: one flag, written by a signal handler of the same thread; lock-free, so
// allowed in handlers.
std::atomic<int> pending{0};

bool is_ignored(int signal) {
  struct sigaction action{};
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

void remember(int signal) {
  pending.store(signal, std::memory_order_relaxed);
  for (const int second : kSignals)
    if (!is_ignored(second)) std::signal(second, SIG_DFL);
}

sigset_t all_of_them() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : kSignals) sigaddset(&set, signal);
  return set;
}

}  // namespace

void remember_interruptions() {
  struct sigaction action{};
  action.sa_handler = remember;
  // None interrupts the handling of another: the first is remembered, the second ends the process.
  action.sa_mask = all_of_them();
  // No SA_RESTART: sleeping system calls return and look at the flag.
  for (const int signal : kSignals) {
    if (signal == SIGHUP && is_ignored(SIGHUP)) continue;
    if (::sigaction(signal, &action, nullptr) != 0) throw_errno("sigaction");
  }
}

int pending_interruption() { return pending.load(std::memory_order_relaxed); }

ExitCode exit_code_of_interruption() {
  return pending_interruption() == SIGINT ? ExitCode::interrupted : ExitCode::terminated;
}

const char* name_of_interruption(int signal) {
  return signal == SIGINT ? "SIGINT" : signal == SIGHUP ? "SIGHUP" : "SIGTERM";
}

InterruptionsHeld::InterruptionsHeld() {
  const sigset_t held = all_of_them();
  ::pthread_sigmask(SIG_BLOCK, &held, &before_);
}

InterruptionsHeld::~InterruptionsHeld() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

void set_pending_interruption(int signal) { pending.store(signal, std::memory_order_relaxed); }

}  // namespace convoy
