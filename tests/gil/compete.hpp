// Seats that fight for a lock until each has been asked to let go a number of times.
#pragma once

#include "tests/gil/seats.hpp"

namespace convoy::testing {

// Every seat counts to `drops` drops on request and then leaves.
inline GilAccount compete(const std::string& gil, int count, std::int64_t drops) {
  Seats seats(gil, count);
  std::atomic<int> working{count};
  seats.run([&](int i) {
    seats.acquire(i);
    // The last one left has nobody who could ask.
    while (seats[i].gil.forced_drops < drops && working.load() > 1) seats.checkpoint(i);
    working.fetch_sub(1);
    seats.release(i, ReleaseReason::exit);
  });
  return seats.sum();
}

}  // namespace convoy::testing
