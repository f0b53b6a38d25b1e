// Running something without the interpreter lock.
#pragma once

#include <type_traits>

#include "harness/gil/gil.hpp"

namespace convoy {

// Drops the lock, runs `f`, and takes the lock again before it returns what `f` does or lets pass
// what `f` throws. Taking it may block; where the interpreter has ended meanwhile, SeatMustExit
// takes the place of either, and the lock is not held. (A destructor cannot do this: what it throws
// while an exception passes ends the process.)
template <class F>
auto without_lock(Gil& gil, Seat& seat, F&& f) {
  gil.release(seat, ReleaseReason::blocking);
  const auto run = [&] {
    try {
      return f();
    } catch (...) {
      gil.acquire(seat);
      throw;
    }
  };
  if constexpr (std::is_void_v<decltype(f())>) {
    run();
    gil.acquire(seat);
  } else {
    auto result = run();
    gil.acquire(seat);
    return result;
  }
}

}  // namespace convoy
