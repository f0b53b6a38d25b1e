// CPython's locks, against the same algorithms written out here without an interface.
#include <pthread.h>
#include <semaphore.h>

#include <atomic>
#include <memory>

#include "benchmarks/self/lock_comparison.hpp"

namespace convoy::self {
namespace {

struct PlainCPython27 {
  sem_t semaphore;

  PlainCPython27() { sem_init(&semaphore, 0, 1); }
  ~PlainCPython27() { sem_destroy(&semaphore); }
  [[gnu::noinline]] void acquire(const void*) {
    while (sem_wait(&semaphore) != 0) continue;
  }
  [[gnu::noinline]] void release(const void*) { sem_post(&semaphore); }
};

// take_gil and drop_gil of CPython 3.2 and later, for one thread that is never waited for and never
// asked. Where the request is kept is the difference between the versions.
struct PlainRecord {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER, switch_mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t free = PTHREAD_COND_INITIALIZER, switched = PTHREAD_COND_INITIALIZER;
  bool locked = false;
  std::atomic<const void*> last_holder{nullptr};
  unsigned long switch_number = 0;

  void take(const void* self, std::atomic<int>& request) {
    pthread_mutex_lock(&mutex);
    while (locked) pthread_cond_wait(&free, &mutex);
    pthread_mutex_lock(&switch_mutex);
    locked = true;
    if (last_holder.load(std::memory_order_relaxed) != self) {
      last_holder.store(self, std::memory_order_relaxed);
      ++switch_number;
    }
    pthread_cond_signal(&switched);
    pthread_mutex_unlock(&switch_mutex);
    if (request.load(std::memory_order_relaxed)) request.store(0, std::memory_order_relaxed);
    pthread_mutex_unlock(&mutex);
  }
  void drop(const void* self, std::atomic<int>& request) {
    last_holder.store(self, std::memory_order_relaxed);
    pthread_mutex_lock(&mutex);
    locked = false;
    pthread_cond_signal(&free);
    pthread_mutex_unlock(&mutex);
    if (request.load(std::memory_order_relaxed)) {
      pthread_mutex_lock(&switch_mutex);
      if (last_holder.load(std::memory_order_relaxed) == self) {
        request.store(0, std::memory_order_relaxed);
        pthread_cond_wait(&switched, &switch_mutex);
      }
      pthread_mutex_unlock(&switch_mutex);
    }
  }
};

struct PlainCPython32 {
  PlainRecord record;
  std::atomic<int> request{0};

  [[gnu::noinline]] void acquire(const void* self) { record.take(self, request); }
  [[gnu::noinline]] void release(const void* self) { record.drop(self, request); }
};

// A thread's state, found through a pointer as an interpreter finds it.
struct PlainThread {
  std::atomic<int> request{0};
  bool holds_lock = false;
  bool was_blocking = false;
  unsigned group = 0;
};

struct PlainCPython313 {
  PlainRecord record;
  std::unique_ptr<PlainThread> thread = std::make_unique<PlainThread>();

  [[gnu::noinline]] void acquire(const void* self) {
    record.take(self, thread->request);
    thread->holds_lock = true;
  }
  [[gnu::noinline]] void release(const void* self) {
    thread->holds_lock = false;
    record.drop(self, thread->request);
  }
};

struct PlainSubinterp {
  PlainRecord records[2];
  std::unique_ptr<PlainThread> thread = std::make_unique<PlainThread>();

  [[gnu::noinline]] void acquire(const void* self) {
    records[thread->group].take(self, thread->request);
  }
  [[gnu::noinline]] void release(const void* self) {
    records[thread->group].drop(self, thread->request);
  }
};

template <bool enabled_at_start>
struct PlainFreeThreaded {
  std::atomic<bool> enabled{enabled_at_start};
  PlainCPython313 lock;

  [[gnu::noinline]] void acquire(const void* self) {
    if (enabled.load(std::memory_order_relaxed)) lock.acquire(self);
  }
  [[gnu::noinline]] void release(const void* self) {
    if (lock.thread->holds_lock) lock.release(self);
  }
};

struct PlainIoPriority {
  PlainCPython32 lock;
  std::unique_ptr<PlainThread> thread = std::make_unique<PlainThread>();

  [[gnu::noinline]] void acquire(const void* self) {
    if (thread->was_blocking && lock.record.locked) lock.request.store(1);
    lock.record.take(self, lock.request);
  }
  [[gnu::noinline]] void release(const void* self) {
    thread->was_blocking = true;
    lock.record.drop(self, lock.request);
  }
};

const ComparisonRegistration registrations[] = {
    ComparisonRegistration(lock_comparison<"cpython27", PlainCPython27>()),
    ComparisonRegistration(lock_comparison<"cpython32", PlainCPython32>()),
    ComparisonRegistration(
        lock_comparison<"cpython32", PlainCPython32, true>(Bar::ratio_at_most, 3)),
    ComparisonRegistration(lock_comparison<"cpython313", PlainCPython313>()),
    ComparisonRegistration(lock_comparison<"cpython_subinterp", PlainSubinterp>()),
    // As for the lock none: a ratio to nothing says little.
    ComparisonRegistration(
        lock_comparison<"cpython_ft", PlainFreeThreaded<false>>(Bar::more_steps_at_most, 1.6)),
    ComparisonRegistration(lock_comparison<"cpython_ft:gil=on", PlainFreeThreaded<true>>()),
    ComparisonRegistration(
        lock_comparison<"io_priority", PlainIoPriority, false, ReleaseReason::blocking>()),
};

}  // namespace
}  // namespace convoy::self
