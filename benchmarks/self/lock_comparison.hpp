// How a lock is compared: uncontended pairs of acquire and release under the policy, against the
// same algorithm written out without an interface.
#pragma once

#include <pthread.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>

#include "benchmarks/self/comparison.hpp"
#include "harness/gil/gil.hpp"

namespace convoy::self {

// The text of a lock, as --gil takes it, as a template's argument.
template <std::size_t N>
struct GilText {
  char text[N];
  // NOLINTNEXTLINE(google-explicit-constructor): "cpython32" alone is to be an argument
  constexpr GilText(const char (&literal)[N]) { std::copy_n(literal, N, text); }
};

// glibc takes shortcuts while a process has had one thread only; locks are for processes that have
// several.
inline void leave_single_thread() {
  static const bool done = [] {
    pthread_t thread;
    pthread_create(&thread, nullptr, [](void*) -> void* { return nullptr; }, nullptr);
    pthread_join(thread, nullptr);
    return true;
  }();
  benchmark::DoNotOptimize(done);
}

template <GilText gil, bool accounting, ReleaseReason why>
void time_policy(benchmark::State& state) {
  leave_single_thread();
  const auto made = make_gil(parse_gil(gil.text));
  const auto account = std::make_unique<SeatAccount>();
  const auto seat = std::make_unique<Seat>(*account);
  seat->gil_accounting = accounting;
  made->admit(*seat);
  Gil* lock = made.get();
  benchmark::DoNotOptimize(lock);
  for ([[maybe_unused]] auto _ : state) {
    lock->acquire(*seat);
    benchmark::ClobberMemory();
    lock->release(*seat, why);
  }
}

template <class Plain>
void time_plain(benchmark::State& state) {
  leave_single_thread();
  const auto lock = std::make_unique<Plain>();
  int self = 0;
  for ([[maybe_unused]] auto _ : state) {
    lock->acquire(&self);
    benchmark::ClobberMemory();
    lock->release(&self);
  }
}

// `Plain` has acquire(const void* self) and release(const void* self), both kept out of line, as an
// interpreter's are:
//   const ComparisonRegistration mutex{lock_comparison<"mutex", PlainMutex>()};
template <GilText gil, class Plain, bool accounting = false,
          ReleaseReason why = ReleaseReason::yield>
Comparison lock_comparison(Bar kind = Bar::ratio_at_most, double bar = 1.2) {
  return {.what = std::string("lock ") + gil.text + (accounting ? ", accounting" : ""),
          .ours = time_policy<gil, accounting, why>,
          .plain = time_plain<Plain>,
          .kind = kind,
          .bar = bar};
}

}  // namespace convoy::self
