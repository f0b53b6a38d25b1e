// Uncontended acquire and release of each lock, against the same algorithm written out here without
// an interface.
#include <pthread.h>
#include <semaphore.h>

#include <atomic>
#include <mutex>

#include "benchmarks/self/lock_comparison.hpp"

namespace convoy::self {
namespace {

// take_gil and drop_gil of CPython 3.2, for one thread that is never waited for and never asked.
struct PlainCPython32 {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER, switch_mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t free = PTHREAD_COND_INITIALIZER, switched = PTHREAD_COND_INITIALIZER;
  bool locked = false;
  std::atomic<int> drop_request{0};
  std::atomic<const void*> last_holder{nullptr};
  unsigned long switch_number = 0;

  [[gnu::noinline]] void acquire(const void* self) {
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
    if (drop_request.load(std::memory_order_relaxed))
      drop_request.store(0, std::memory_order_relaxed);
    pthread_mutex_unlock(&mutex);
  }
  [[gnu::noinline]] void release(const void* self) {
    last_holder.store(self, std::memory_order_relaxed);
    pthread_mutex_lock(&mutex);
    locked = false;
    pthread_cond_signal(&free);
    pthread_mutex_unlock(&mutex);
    if (drop_request.load(std::memory_order_relaxed)) {
      pthread_mutex_lock(&switch_mutex);
      if (last_holder.load(std::memory_order_relaxed) == self) {
        drop_request.store(0, std::memory_order_relaxed);
        pthread_cond_wait(&switched, &switch_mutex);
      }
      pthread_mutex_unlock(&switch_mutex);
    }
  }
};

struct PlainCPython27 {
  sem_t semaphore;

  PlainCPython27() { sem_init(&semaphore, 0, 1); }
  ~PlainCPython27() { sem_destroy(&semaphore); }
  [[gnu::noinline]] void acquire(const void*) {
    while (sem_wait(&semaphore) != 0) continue;
  }
  [[gnu::noinline]] void release(const void*) { sem_post(&semaphore); }
};

struct PlainMutex {
  std::mutex mutex;

  [[gnu::noinline]] void acquire(const void*) { mutex.lock(); }
  [[gnu::noinline]] void release(const void*) { mutex.unlock(); }
};

struct PlainNone {
  [[gnu::noinline]] void acquire(const void* self) { benchmark::DoNotOptimize(self); }
  [[gnu::noinline]] void release(const void* self) { benchmark::DoNotOptimize(self); }
};

const ComparisonRegistration registrations[] = {
    ComparisonRegistration(lock_comparison<"cpython32", PlainCPython32>()),
    ComparisonRegistration(
        lock_comparison<"cpython32", PlainCPython32, true>(Bar::at_most_ns, 160)),
    ComparisonRegistration(lock_comparison<"cpython27", PlainCPython27>()),
    ComparisonRegistration(lock_comparison<"mutex", PlainMutex>()),
    // A ratio to nothing says little: two calls that do nothing may cost two indirect calls.
    ComparisonRegistration(lock_comparison<"none", PlainNone>(Bar::difference_at_most_ns, 4)),
};

}  // namespace
}  // namespace convoy::self
