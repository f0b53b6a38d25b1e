// Work for two threads that need each other: locks, turns, pipes and queues.
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

// Each thread does half of the units; what both counted is added.
template <class Unit>
Work halves(Unit unit) {
  return [unit](long units) {
    std::array<long, 2> done{};
    const auto half = [&](std::size_t side) {
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
    std::thread echo([&] {
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

Work spawning() {
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
    std::thread consumer([&] {
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
    {"gil_hand_off", 400, hand_off},  {"pipe_ping_pong", 1000, ping_pong},
};

}  // namespace known
