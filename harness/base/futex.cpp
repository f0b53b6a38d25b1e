#include "harness/base/futex.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>

#include "harness/base/check.hpp"

namespace convoy {

static_assert(sizeof(FutexWord) == 4 && FutexWord::is_always_lock_free);

bool futex_wait(const FutexWord& word, std::uint32_t expected,
                std::optional<nanoseconds> deadline) {
  timespec until{};
  if (deadline) until = to_timespec(*deadline);
  // FUTEX_WAIT_BITSET takes an absolute time, so that a restarted wait does not stretch its limit.
  const long result = ::syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, expected,
                                deadline ? &until : nullptr, nullptr, FUTEX_BITSET_MATCH_ANY);
  if (result == 0 || errno == EAGAIN || errno == EINTR) return true;
  if (errno == ETIMEDOUT) return false;
  throw_errno("futex(FUTEX_WAIT_BITSET)");
}

int futex_wake(FutexWord& word, int count) {
  const long woken = ::syscall(SYS_futex, &word, FUTEX_WAKE, count, nullptr, nullptr, 0);
  if (woken < 0) throw_errno("futex(FUTEX_WAKE)");
  return static_cast<int>(woken);
}

int futex_wake_all(FutexWord& word) { return futex_wake(word, INT_MAX); }

}  // namespace convoy
