// A switch from one stack to another, as Boost.Context does it, told to the sanitizers that follow
// stacks.
#pragma once

#include <boost/context/detail/fcontext.hpp>
#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#define CONVOY_ASAN_STACKS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CONVOY_ASAN_STACKS 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define CONVOY_TSAN_STACKS 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CONVOY_TSAN_STACKS 1
#endif
#endif
#ifdef CONVOY_ASAN_STACKS
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef CONVOY_TSAN_STACKS
#include <sanitizer/tsan_interface.h>
#endif

namespace convoy {

// Where a stack that does not run goes on. Used by one thread.
struct StackPoint {
  boost::context::detail::fcontext_t at = nullptr;
#ifdef CONVOY_ASAN_STACKS
  const void* bottom = nullptr;
  std::size_t size = 0;
  void* fake_stack = nullptr;
#endif
#ifdef CONVOY_TSAN_STACKS
  void* fiber = nullptr;
#endif
};

struct StackSwitch {
  StackPoint* from;  // the one that runs
  const StackPoint* to;
};

// The first thing that a stack does when it runs again: keeps where the one before it goes on.
inline void arrive_on_stack(const StackPoint& here, boost::context::detail::transfer_t from) {
  auto& before = *static_cast<StackPoint*>(from.data);
  before.at = from.fctx;
#ifdef CONVOY_ASAN_STACKS
  __sanitizer_finish_switch_fiber(here.fake_stack, &before.bottom, &before.size);
#else
  (void)here;
#endif
}

// `from` is the stack that runs, and where it goes on when the call returns. `ends`: it never will.
inline void switch_stacks(StackPoint& from, const StackPoint& to,
                          [[maybe_unused]] bool ends = false) {
#ifdef CONVOY_ASAN_STACKS
  __sanitizer_start_switch_fiber(ends ? nullptr : &from.fake_stack, to.bottom, to.size);
#endif
#ifdef CONVOY_TSAN_STACKS
  __tsan_switch_to_fiber(to.fiber, 0);
#endif
  arrive_on_stack(from, boost::context::detail::jump_fcontext(to.at, &from));
}

// A stack of that size below `top` that has not run yet. `body` never returns.
inline void prepare_stack(StackPoint& point, std::byte* top, std::size_t size,
                          void (*body)(boost::context::detail::transfer_t)) {
  point.at = boost::context::detail::make_fcontext(top, size, body);
#ifdef CONVOY_ASAN_STACKS
  point.bottom = top - size;
  point.size = size;
  point.fake_stack = nullptr;
#endif
#ifdef CONVOY_TSAN_STACKS
  point.fiber = __tsan_create_fiber(0);
#endif
}

// The running stack is the thread's own.
inline void adopt_thread_stack([[maybe_unused]] StackPoint& point) {
#ifdef CONVOY_TSAN_STACKS
  point.fiber = __tsan_get_current_fiber();
#endif
}

// It has ended, and another one runs.
inline void forget_stack([[maybe_unused]] StackPoint& point) {
#ifdef CONVOY_TSAN_STACKS
  __tsan_destroy_fiber(point.fiber);
#endif
}

}  // namespace convoy
