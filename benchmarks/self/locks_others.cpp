// The locks of PyPy, Ruby and OCaml, against the same algorithms written out here, for one thread
// that is never waited for. It lets go as it does in front of a blocking call.
#include <pthread.h>
#include <sched.h>

#include <atomic>

#include "benchmarks/self/lock_comparison.hpp"

namespace convoy::self {
namespace {

struct PlainPyPy {
  std::atomic<long> fast{0};

  [[gnu::noinline]] void acquire(const void*) {
    while (fast.exchange(1, std::memory_order_acquire) != 0) ::sched_yield();
  }
  [[gnu::noinline]] void release(const void*) { fast.store(0, std::memory_order_release); }
};

// A waiter's link in Ruby's lists, which are empty here.
struct PlainLink {
  PlainLink* next = this;
  pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
};

struct PlainRubyLegacy {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  const void* owner = nullptr;
  const void* running = nullptr;
  const void* timer = nullptr;
  PlainLink ready;
  bool timed_out = true;
  long running_time = 0;

  [[gnu::noinline]] void acquire(const void* self) {
    pthread_mutex_lock(&mutex);
    if (owner != nullptr) pthread_cond_wait(&ready.condition, &mutex);
    else timed_out = true;
    owner = self;
    if (timer == nullptr && ready.next != &ready) pthread_cond_signal(&ready.next->condition);
    pthread_mutex_unlock(&mutex);
    if (running != self) running_time = 0;
    running = self;
  }
  [[gnu::noinline]] void release(const void*) {
    pthread_mutex_lock(&mutex);
    owner = nullptr;
    if (ready.next != &ready) pthread_cond_signal(&ready.next->condition);
    pthread_mutex_unlock(&mutex);
  }
};

// Without and with a flag for a thread that is away but has not handed the lock over.
template <bool delayed>
struct PlainReadyQueue {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  const void* running = nullptr;
  const void* last = nullptr;
  PlainLink ready;
  bool away = false;
  long running_time = 0;

  [[gnu::noinline]] void acquire(const void* self) {
    pthread_mutex_lock(&mutex);
    if (running == nullptr) running = self;
    else if (running == self) away = false;
    else pthread_cond_wait(&ready.condition, &mutex);
    pthread_mutex_unlock(&mutex);
    if (last != self) running_time = 0;
    last = self;
  }
  [[gnu::noinline]] void release(const void*) {
    pthread_mutex_lock(&mutex);
    if (delayed) {
      away = true;
    } else {
      running = nullptr;
      if (ready.next != &ready) pthread_cond_signal(&ready.next->condition);
    }
    pthread_mutex_unlock(&mutex);
  }
};

struct PlainOCaml4 {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t is_free = PTHREAD_COND_INITIALIZER;
  bool busy = false;
  std::atomic<int> waiters{0};

  [[gnu::noinline]] void acquire(const void*) {
    pthread_mutex_lock(&mutex);
    while (busy) {
      ++waiters;
      pthread_cond_wait(&is_free, &mutex);
      --waiters;
    }
    busy = true;
    pthread_mutex_unlock(&mutex);
  }
  [[gnu::noinline]] void release(const void*) {
    pthread_mutex_lock(&mutex);
    busy = false;
    pthread_mutex_unlock(&mutex);
    pthread_cond_signal(&is_free);
  }
};

constexpr ReleaseReason kBlocking = ReleaseReason::blocking;

const ComparisonRegistration registrations[] = {
    ComparisonRegistration(lock_comparison<"pypy", PlainPyPy, false, kBlocking>()),
    ComparisonRegistration(lock_comparison<"ruby_legacy", PlainRubyLegacy, false, kBlocking>()),
    ComparisonRegistration(lock_comparison<"ruby_mn", PlainReadyQueue<false>, false, kBlocking>()),
    ComparisonRegistration(
        lock_comparison<"ruby_delayed", PlainReadyQueue<true>, false, kBlocking>()),
    ComparisonRegistration(lock_comparison<"ocaml4", PlainOCaml4, false, kBlocking>()),
};

}  // namespace
}  // namespace convoy::self
