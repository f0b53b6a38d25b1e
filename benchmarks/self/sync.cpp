// Objects that workers wait for each other on, against pthread's.
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <mutex>
#include <new>
#include <thread>

#include "benchmarks/self/comparison.hpp"
#include "benchmarks/self/crew_of_one.hpp"
#include "harness/base/mapping.hpp"
#include "harness/loop/loop.hpp"
#include "harness/sync/barrier.hpp"
#include "harness/sync/mutex.hpp"

namespace convoy::self {
namespace {

// Sleeps for a scope. Without it the process has one thread, and glibc's mutexes need nothing
// atomic.
class SecondThread {
 public:
  SecondThread() : thread_([this] { futex_wait(done_, 0); }) {}
  SecondThread(const SecondThread&) = delete;
  ~SecondThread() {
    done_ = 1;
    futex_wake_all(done_);
    thread_.join();
  }

 private:
  FutexWord done_{0};
  std::thread thread_;
};

// --- A lock that nobody else wants.
Task lock_repeatedly(Worker& worker, Mutex& lock, benchmark::State& state) {
  while (state.KeepRunning()) {
    co_await lock.lock(worker);
    benchmark::ClobberMemory();
    lock.unlock(worker);
  }
}

void lock_under(benchmark::State& state, const WaitTable::Crew& how, bool coroutines = false) {
  const SecondThread second;
  CrewOfOne crew("none", "null");
  WaitTable table(1, how);
  const Mapping memory(sizeof(Mutex));
  auto& lock = *new (memory.data()) Mutex({&table, "lock"});
  Loop loop(Engine::epoll, crew.gil(), crew.seat());
  Station station = crew.station(coroutines ? &loop : nullptr, &table);
  Worker worker(station, 0);
  Task task = lock_repeatedly(worker, lock, state);
  task.resume();
  task.rethrow();
}
void lock_threads(benchmark::State& state) { lock_under(state, {}); }
void lock_processes(benchmark::State& state) { lock_under(state, {.forked = true}); }
void lock_coroutines(benchmark::State& state) { lock_under(state, {.alone = true}, true); }

void std_mutex(benchmark::State& state) {
  const SecondThread second;
  std::mutex mutex;
  for ([[maybe_unused]] auto _ : state) {
    mutex.lock();
    benchmark::ClobberMemory();
    mutex.unlock();
  }
}

void pshared_mutex(benchmark::State& state) {
  const SecondThread second;
  const Mapping memory(sizeof(pthread_mutex_t));
  auto* const mutex = static_cast<pthread_mutex_t*>(memory.data());
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_mutex_init(mutex, &attributes);
  pthread_mutexattr_destroy(&attributes);
  for ([[maybe_unused]] auto _ : state) {
    pthread_mutex_lock(mutex);
    benchmark::ClobberMemory();
    pthread_mutex_unlock(mutex);
  }
  pthread_mutex_destroy(mutex);
}

const ComparisonRegistration of_threads{{"lock and unlock, threads, against std::mutex",
                                         lock_threads, std_mutex, Bar::ratio_at_most, 1.2}};
const ComparisonRegistration of_processes{
    {"lock and unlock, processes, against a PSHARED pthread mutex", lock_processes, pshared_mutex,
     Bar::ratio_at_most, 1.2}};
// 2 ns where a step takes that.
const ComparisonRegistration of_coroutines{
    {"lock and unlock, coroutines", lock_coroutines, std_mutex, Bar::steps_at_most, 1}};

// --- Two processes that meet again and again, each on a CPU of its own.
void bind_to(const cpu_set_t& allowed, int which) {
  cpu_set_t one;
  CPU_ZERO(&one);
  for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++cpu)
    if (CPU_ISSET(cpu, &allowed) && which-- == 0) CPU_SET(cpu, &one);
  ::sched_setaffinity(0, sizeof one, &one);
}

// Forks one that meets this process `kMeetings` times an iteration until it is killed.
constexpr int kMeetings = 1000;
template <class Meet>
void meet_repeatedly(benchmark::State& state, Meet meet) {
  cpu_set_t before;
  ::sched_getaffinity(0, sizeof before, &before);
  if (CPU_COUNT(&before) < 2)
    return state.SkipWithError("this process may use one CPU only: two cannot have one each");
  const pid_t other = ::fork();
  if (other == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    bind_to(before, 1);
    for (;;) meet(1);
  }
  bind_to(before, 0);
  for (int i = 0; i < kMeetings; ++i) meet(0);  // until both are warm
  while (state.KeepRunningBatch(kMeetings))
    for (int i = 0; i < kMeetings; ++i) meet(0);
  ::kill(other, SIGKILL);
  ::waitpid(other, nullptr, 0);
  ::sched_setaffinity(0, sizeof before, &before);
}

void barrier_under(benchmark::State& state, bool may_spin) {
  CrewOfOne crew("none", "null");
  WaitTable table(2, {.forked = true, .may_spin = may_spin});
  const Mapping memory(sizeof(Barrier));
  auto& barrier = *new (memory.data()) Barrier({&table, "barrier"}, 2);
  Station station = crew.station(nullptr, &table);
  Worker first(station, 0);
  Worker second(station, 1);
  meet_repeatedly(state, [&](int which) {
    auto wait = barrier.wait(which == 0 ? first : second);
    if (wait.await_ready()) wait.await_resume();
  });
}
void barrier_blocking(benchmark::State& state) { barrier_under(state, false); }
void barrier_spinning(benchmark::State& state) { barrier_under(state, true); }

void pshared_barrier(benchmark::State& state) {
  const Mapping memory(sizeof(pthread_barrier_t));
  auto* const barrier = static_cast<pthread_barrier_t*>(memory.data());
  pthread_barrierattr_t attributes;
  pthread_barrierattr_init(&attributes);
  pthread_barrierattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_barrier_init(barrier, &attributes, 2);
  pthread_barrierattr_destroy(&attributes);
  meet_repeatedly(state, [&](int) { pthread_barrier_wait(barrier); });
}

const ComparisonRegistration blocking{{"barrier of two processes, blocking, against pthread's",
                                       barrier_blocking, pshared_barrier, Bar::ratio_at_most, 1.1}};
const ComparisonRegistration spinning{
    {"barrier of two processes, spinning with a CPU each, against pthread's", barrier_spinning,
     pshared_barrier, Bar::ratio_at_most, 0.05}};

}  // namespace
}  // namespace convoy::self
