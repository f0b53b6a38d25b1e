// Whether threads sleep, for tests that have to know who waits.
#pragma once

#include <sched.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>

#include "harness/base/recorder.hpp"
#include "tests/threads.hpp"

namespace convoy::testing {

// Knows whether the seat that it belongs to waits for its lock. Told by the seat; asked by anybody.
// A wait within another is part of that.
class WaitRecorder : public Recorder {
 public:
  void begin_wait(WaitCause, std::uint8_t) override { depth_.fetch_add(1); }
  void end_wait() override { depth_.fetch_sub(1); }
  std::uint8_t kind_of_lock(const char*) override { return 0; }
  void note(const TraceEvent&) override {}

  bool waiting() const { return depth_.load() > 0; }

 private:
  std::atomic<int> depth_{0};
};

// Returns once the thread sleeps in the kernel. 0: it has not started yet.
inline void wait_until_asleep(const std::atomic<pid_t>& tid) {
  while (tid.load() == 0) ::sched_yield();
  const std::string task = "/proc/self/task/" + std::to_string(tid.load());
  for (;; ::sched_yield())
    if (const auto state = test::state_of_thread(task); state && state->letter == 'S') return;
}

// Returns once the thread sleeps because its seat waits for the lock, and not, say, for memory.
inline void wait_until_asleep(const std::atomic<pid_t>& tid, const WaitRecorder& recorder) {
  do {
    while (!recorder.waiting()) ::sched_yield();
    wait_until_asleep(tid);
  } while (!recorder.waiting());
}

// What the kernel tells of every thread but the caller's, unless one of them runs.
inline std::optional<std::map<std::string, std::string>> sleepers() {
  std::map<std::string, std::string> found;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    const std::string tid = task.path().filename();
    if (tid == std::to_string(::gettid())) continue;
    std::ifstream file(task.path() / "status");
    std::string told;
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with("State:") && line.find("sleeping") == std::string::npos) return {};
      if (line.find("ctxt_switches:") != std::string::npos) told += line;
    }
    found[tid] = told;
  }
  return found;
}

// Returns once nobody but the caller has run for a moment: who sleeps then does not wait for a
// mutex that is about to be let go, but for the lock, and has its place in the queue.
inline void wait_until_all_sleep() {
  for (auto before = sleepers();;) {
    ::sched_yield();
    auto now = sleepers();
    if (now.has_value() && now == before) return;
    before = std::move(now);
  }
}

}  // namespace convoy::testing
