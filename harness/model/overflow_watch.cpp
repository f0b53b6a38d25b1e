#include "harness/model/overflow_watch.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>

#include "harness/base/check.hpp"
#include "harness/base/parameter.hpp"
#include "harness/loop/fibers.hpp"

namespace convoy {
namespace {

// The calling thread's; null without one.
thread_local OverflowWatch* watching = nullptr;

// What the signal did before, set once, by the first watch.
struct sigaction& before() {
  static struct sigaction action{};
  return action;
}

void handle(int signal, siginfo_t* info, void* context) {
  if (watching != nullptr)
    if (const auto worker = watching->fibers().overflown(info->si_addr)) watching->fail(*worker);
  // The instruction runs again and meets what was there before this handler.
  const struct sigaction& usual = before();
  if ((usual.sa_flags & SA_SIGINFO) != 0) return usual.sa_sigaction(signal, info, context);
  ::sigaction(signal, &usual, nullptr);
}

void install_handler() {
  [[maybe_unused]] static const bool installed = [] {
    struct sigaction action{};
    action.sa_sigaction = handle;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    if (::sigaction(SIGSEGV, &action, &before()) != 0) throw_errno("sigaction(SIGSEGV)");
    return true;
  }();
}

std::size_t handler_stack_bytes() {
  return std::max<std::size_t>(64 * 1024, static_cast<std::size_t>(::sysconf(_SC_SIGSTKSZ)));
}

std::string size_text(std::size_t bytes) {
  return format_bytes(Bytes{static_cast<std::int64_t>(bytes)});
}

}  // namespace

OverflowWatch::OverflowWatch(Arena& arena, int seat, const Fibers& fibers)
    : arena_(arena),
      fibers_(fibers),
      before_(fmt::format("seat {}: worker ", seat)),
      stack_(std::make_unique<std::byte[]>(handler_stack_bytes())) {
  const std::size_t bytes = fibers.stacks().bytes();
  const bool may_grow = 2 * bytes <= static_cast<std::size_t>(FiberStackSize::kMost);
  after_ = fmt::format(
      " overflowed its fiber's stack of {}: {}", size_text(bytes),
      may_grow ? "use --fiber-stack " + size_text(2 * bytes) : "it may recurse for ever");
  const stack_t stack{.ss_sp = stack_.get(), .ss_flags = 0, .ss_size = handler_stack_bytes()};
  if (::sigaltstack(&stack, nullptr) != 0) throw_errno("sigaltstack");
  install_handler();
  watching = this;
}

OverflowWatch::~OverflowWatch() {
  watching = nullptr;
  const stack_t none{.ss_sp = nullptr, .ss_flags = SS_DISABLE, .ss_size = 0};
  ::sigaltstack(&none, nullptr);
}

void OverflowWatch::fail(int worker) {
  std::array<char, 256> text;
  char* end = std::copy(before_.begin(), before_.end(), text.begin());
  end = std::to_chars(end, text.end(), worker).ptr;
  end = std::copy(after_.begin(), after_.end(), end);
  if (arena_.claim_failure()) arena_.publish_failure({text.data(), end});
  else arena_.await_failure();
  ::_exit(1);
}

}  // namespace convoy
