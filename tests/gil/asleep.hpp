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

namespace convoy::testing {

// Returns once the thread sleeps in the kernel, which between its start and its acquisition it does
// only because it waits for the lock. 0: it has not started yet.
inline void wait_until_asleep(const std::atomic<pid_t>& tid) {
  while (tid.load() == 0) ::sched_yield();
  const std::string path = "/proc/self/task/" + std::to_string(tid.load()) + "/stat";
  for (;;) {
    std::ifstream file(path);
    std::string text;
    std::getline(file, text);
    const std::size_t name_end = text.rfind(')');
    if (name_end != std::string::npos && text.at(name_end + 2) == 'S') return;
    ::sched_yield();
  }
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
