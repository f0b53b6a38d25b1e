// A switch from one stack to another, as Boost.Context does it, told to the address sanitizer.
//
// The thread sanitizer is told nothing, on purpose: to it, each stack it knew of would be a thread,
// and what one has locked no other may unlock. But a carrier's locks are taken on one of its stacks
// and released on another. So it sees one thread, which is the truth; in what it reports, the lower
// half of a call stack may be another fiber's.
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
#ifdef CONVOY_ASAN_STACKS
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
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
};

struct StackSwitch {
  StackPoint* from;  // the one that runs
  const StackPoint* to;
};

// The first thing that a stack does when it runs again: keeps where the one before it goes on.
[[gnu::always_inline]] inline void arrive_on_stack(const StackPoint& here,
                                                   boost::context::detail::transfer_t from) {
  auto& before = *static_cast<StackPoint*>(from.data);
  before.at = from.fctx;
#ifdef CONVOY_ASAN_STACKS
  __sanitizer_finish_switch_fiber(here.fake_stack, &before.bottom, &before.size);
#else
  (void)here;
#endif
}

// `from` is the stack that runs, and where it goes on when the call returns. `ends`: it never will.
[[gnu::always_inline]] inline void switch_stacks(StackPoint& from, const StackPoint& to,
                                                 [[maybe_unused]] bool ends = false) {
#ifdef CONVOY_ASAN_STACKS
  __sanitizer_start_switch_fiber(ends ? nullptr : &from.fake_stack, to.bottom, to.size);
#endif
  arrive_on_stack(from, boost::context::detail::jump_fcontext(to.at, &from));
}

// A stack of that size below `top` that has not run yet. `body` never returns.
inline void prepare_stack(StackPoint& point, std::byte* top, std::size_t size,
                          void (*body)(boost::context::detail::transfer_t)) {
  point.at = boost::context::detail::make_fcontext(top, size, body);
#ifdef CONVOY_ASAN_STACKS
  // What ran there before never returned from its first call.
  __asan_unpoison_memory_region(top - size, size);
  point.bottom = top - size;
  point.size = size;
  point.fake_stack = nullptr;
#endif
}

}  // namespace convoy
