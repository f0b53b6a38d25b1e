// Work for two threads that need each other: locks, turns, pipes and queues. Each is bound to a CPU
// of its own, as in Convoy's benchmarks: a thread that is woken here or there takes one or many
// times as long, by chance.
#include <sched.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <queue>
#include <thread>

#include "tests/gate/known_truth.hpp"

namespace known {
namespace {

// The CPUs that this process may use: the first, and the last, which may be the same.
std::array<int, 2> usable() {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) std::abort();
  std::array<int, 2> found{-1, -1};
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed)) continue;
    if (found[0] < 0) found[0] = cpu;
    found[1] = cpu;
  }
  return found;
}

// Binds the calling thread: side 0 to the first CPU, side 1 to the last. CONVOY_UNBOUND=1 leaves it
// to the kernel.
void bind(std::size_t side) {
  static const std::array<int, 2> cpus = usable();
  const char* unbound = std::getenv("CONVOY_UNBOUND");
  if (unbound != nullptr && *unbound == '1') return;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(std::size_t(cpus[side]), &one);
  if (sched_setaffinity(0, sizeof one, &one) != 0) std::abort();
}

// Each thread does half of the units; what both counted is added.
template <class Unit>
Work halves(Unit unit) {
  return [unit](long units) {
    std::array<long, 2> done{};
    const auto half = [&](std::size_t side) {
      bind(side);
      const long mine = (units + long(side)) / 2;
      for (; done[side] < mine; ++done[side]) unit();
    };
    std::thread other(half, 1);
    half(0);
    other.join();
    return done[0] + done[1];
  };
}

Work mutexes() {
  struct Shared {
    std::mutex lock;
    std::uint64_t state = 1;
  };
  return halves([shared = std::make_shared<Shared>()] {
    for (int i = 0; i < 20; ++i) {
      const std::lock_guard held(shared->lock);
      DoNotOptimize(scrambled(shared->state, 100));
    }
  });
}

Work atomics() {
  // Relaxed: nothing is read by way of it.
  return halves([count = std::make_shared<std::atomic<long>>(0)] {
    for (int i = 0; i < 1000; ++i) count->fetch_add(1, std::memory_order_relaxed);
  });
}

// By turns, as under an interpreter's lock that changes hands at every checkpoint.
Work hand_off() {
  return [](long units) {
    std::mutex lock;
    std::condition_variable turned;
    std::uint64_t state = 1;
    long done = 0;
    const auto take_turns = [&](long side) {
      bind(std::size_t(side));
      std::unique_lock held(lock);
      while (true) {
        turned.wait(held, [&] { return done % 2 == side || done >= units; });
        if (done >= units) return;
        DoNotOptimize(scrambled(state, 3000));
        ++done;
        turned.notify_all();
      }
    };
    std::thread other(take_turns, 1);
    take_turns(0);
    other.join();
    return done;
  };
}

Work ping_pong() {
  return [](long units) {
    std::array<int, 2> there{}, back{};
    if (pipe(there.data()) != 0 || pipe(back.data()) != 0) std::abort();
    bind(0);
    std::thread echo([&] {
      bind(1);
      char letter = 0;
      while (read(there[0], &letter, 1) == 1 && write(back[1], &letter, 1) == 1) {
      }
    });
    long done = 0;
    char letter = 'x';
    while (done < units && write(there[1], &letter, 1) == 1 && read(back[0], &letter, 1) == 1) {
      ++done;
    }
    close(there[1]);
    echo.join();
    for (const int end : {there[0], back[0], back[1]}) close(end);
    return done;
  };
}

// On one CPU: whoever starts a thread does nothing but wait for it.
Work spawning() {
  bind(0);
  return repeat([state = std::uint64_t{1}]() mutable {
    std::thread([&] { DoNotOptimize(scrambled(state, 3000)); }).join();
  });
}

Work queueing() {
  return [](long units) {
    std::mutex lock;
    std::condition_variable changed;
    std::queue<long> waiting;
    long done = 0;
    bind(0);
    std::thread consumer([&] {
      bind(1);
      std::uint64_t state = 1;
      for (; done < units; ++done) {
        std::unique_lock held(lock);
        changed.wait(held, [&] { return !waiting.empty(); });
        waiting.pop();
        changed.notify_all();
        held.unlock();
        DoNotOptimize(scrambled(state, 3000));
      }
    });
    for (long i = 0; i < units; ++i) {
      std::unique_lock held(lock);
      changed.wait(held, [&] { return waiting.size() < 8; });
      waiting.push(i);
      changed.notify_all();
    }
    consumer.join();
    return done;
  };
}

}  // namespace

const std::vector<Known> threads{
    {"threads_mutex", 1000, mutexes}, {"threads_atomic", 1000, atomics},
    {"threads_spawn", 200, spawning}, {"threads_queue", 2000, queueing},
    {"gil_hand_off", 400, hand_off},  {"pipe_ping_pong", 500, ping_pong},
};

}  // namespace known
