// Many read and few write: POSIX's lock, which lets readers in together, in memory that processes
// share, too.
// lint: long because POSIX has no such lock without its attributes
#include <pthread.h>

#include "harness/sync/proof.hpp"
#include "harness/work/workload.hpp"

using namespace std::chrono_literals;

static const convoy::Parameter writers{"writers", 10, "Percentage of operations that write", 0,
                                       100};
static const convoy::Parameter inside{"inside", 2us,
                                      "How long a worker computes with the lock held", 0ns, 1s};
static const convoy::Parameter outside{
    "outside", 2us, "How long a worker computes between releasing and taking the lock", 0ns, 1s};

namespace {
// Both numbers are written one after the other, so that a reader beside a writer sees them differ.
struct Guarded {
  Guarded() {
    pthread_rwlockattr_t attributes;
    ::pthread_rwlockattr_init(&attributes);
    ::pthread_rwlockattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    ::pthread_rwlock_init(&lock, &attributes);
    ::pthread_rwlockattr_destroy(&attributes);
  }
  pthread_rwlock_t lock{};
  std::uint64_t first = 0, second = 0;
};
}  // namespace
static const convoy::SharedState<Guarded> shared;
static const convoy::Shared<convoy::Speed> speed{convoy::Speed::measure};

static const convoy::Figure read_wait{"read_wait_ns", "ns", convoy::Combine::mean,
                                      "How long a reader waited for the lock"};
static const convoy::Figure write_wait{"write_wait_ns", "ns", convoy::Combine::mean,
                                       "How long a writer waited for the lock"};
static const convoy::Figure longest_wait{"longest_wait_ns", "ns", convoy::Combine::max,
                                         "The longest of both"};

// Asks first, and lets go of the interpreter lock only where it has to wait.
static void take(convoy::Worker& worker, pthread_rwlock_t& lock, bool writes) {
  const auto before = convoy::now();
  const int asked = writes ? ::pthread_rwlock_trywrlock(&lock) : ::pthread_rwlock_tryrdlock(&lock);
  int error = asked;
  if (asked != 0)
    error = worker.native(
        [&] { return writes ? ::pthread_rwlock_wrlock(&lock) : ::pthread_rwlock_rdlock(&lock); });
  convoy::expect(error == 0, worker, "pthread_rwlock_t gave error {}", error);
  const auto waited = convoy::now() - before;
  worker.report(writes ? write_wait : read_wait, waited);
  worker.report(longest_wait, waited);
}

CONVOY_WORKLOAD(sync_rwlock, sync, "Read and write under a lock that readers share", writers,
                inside, outside, shared, speed, read_wait, write_wait, longest_wait,
                convoy::BlocksThreads{}, convoy::UsualWorkers{{4}},
                convoy::UsualValues{writers, {"10", "100"}}, convoy::UnderFewLocks{}) {
  Guarded& guarded = worker[shared];
  const std::int64_t held = worker[speed].steps(worker[inside]);
  const std::int64_t free = worker[speed].steps(worker[outside]);
  const auto share = static_cast<std::uint64_t>(worker[writers]);
  std::uint64_t state = static_cast<std::uint64_t>(worker.index()) + 1;
  std::uint64_t due = static_cast<std::uint64_t>(worker.index()) * 37;  // not all at once
  for (due %= 100; worker.next(); due %= 100) {
    const bool writes = (due += share) >= 100;  // spread evenly
    take(worker, guarded.lock, writes);
    const std::uint64_t seen = guarded.first + (writes ? 1 : 0);
    if (writes) guarded.first = seen;
    state = convoy::compute(state, held);
    worker.checkpoint();
    if (writes) guarded.second = seen;
    convoy::expect(guarded.first == seen && guarded.second == seen, worker,
                   "another worker wrote at the same time");
    ::pthread_rwlock_unlock(&guarded.lock);
    state = convoy::compute(state, free);
    worker.checkpoint();
    worker.keep(state != 0);
  }
  co_return;
}
