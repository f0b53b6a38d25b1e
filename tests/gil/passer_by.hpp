// A seat that takes a lock for which a waiter has been woken, but has no CPU yet.
#pragma once

#include <sched.h>

#include <functional>
#include <thread>

#include "harness/machine/pinning.hpp"
#include "tests/gil/seats.hpp"

namespace convoy::testing {

// Has seat 0 hold the lock and seat 1 wait for it, on one CPU, and hands the seats to `pass`, to be
// called back with seat 0 as the holder. SCHED_BATCH: who is woken preempts nobody, so seat 0 gets
// back first unless its time slice ends just then. Returns the account of both.
inline GilAccount pass_by(const std::string& gil, const std::function<void(Seats&)>& pass) {
  Seats seats(gil, 2);
  std::jthread([&] {
    // Best effort, as it makes likely what is tried several times.
    bind_this_thread({current_affinity().first()});
    const sched_param lowest{};
    ::sched_setscheduler(0, SCHED_BATCH, &lowest);
    seats.acquire(0);
    Waiter waiter(seats, 1);  // where and as this thread
    waiter.wait_until_asleep();
    pass(seats);
    seats.release(0, ReleaseReason::exit);
  }).join();
  return seats.sum();
}

inline void drop_on_request(Seats& seats) {
  while (!seats.asked(0)) ::sched_yield();
  seats.checkpoint(0);
}

inline void block_for_a_moment(Seats& seats) {
  seats.release(0);
  seats.acquire(0);
}

}  // namespace convoy::testing
