#include "harness/base/futex.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>

#include "harness/base/check.hpp"

namespace convoy {

namespace {

int operation(int plain, FutexScope scope) {
  return scope == FutexScope::process ? plain | FUTEX_PRIVATE_FLAG : plain;
}

}  // namespace

static_assert(sizeof(FutexWord) == 4 && FutexWord::is_always_lock_free);

bool futex_wait(const FutexWord& word, std::uint32_t expected, std::optional<nanoseconds> deadline,
                FutexScope scope) {
  if (deadline && VirtualTime::on()) {
    // Relaxed: there is one thread only, so that nobody changes it any more.
    if (word.load(std::memory_order_relaxed) != expected) return true;
    VirtualTime::jump_to(*deadline);
    return false;
  }
  timespec until{};
  if (deadline) until = to_timespec(*deadline);
  // FUTEX_WAIT_BITSET takes an absolute time, so that a restarted wait does not stretch its limit.
  const long result = ::syscall(SYS_futex, &word, operation(FUTEX_WAIT_BITSET, scope), expected,
                                deadline ? &until : nullptr, nullptr, FUTEX_BITSET_MATCH_ANY);
  if (result == 0 || errno == EAGAIN || errno == EINTR) return true;
  if (errno == ETIMEDOUT) return false;
  throw_errno("futex(FUTEX_WAIT_BITSET)");
}

int futex_wake(FutexWord& word, int count, FutexScope scope) {
  const long woken =
      ::syscall(SYS_futex, &word, operation(FUTEX_WAKE, scope), count, nullptr, nullptr, 0);
  if (woken < 0) throw_errno("futex(FUTEX_WAKE)");
  return static_cast<int>(woken);
}

int futex_wake_all(FutexWord& word, FutexScope scope) { return futex_wake(word, INT_MAX, scope); }

}  // namespace convoy
