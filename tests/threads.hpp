// The threads of this process that are there to stay.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace convoy::test {

// What the file `stat` tells of a thread, or of a process.
struct ThreadState {
  char letter = ' ';
  pid_t parent = 0;
  unsigned flags = 0;  // PF_* of the kernel

  bool exits() const { return (flags & 0x4U) != 0; }            // PF_EXITING
  bool is_of_io_uring() const { return (flags & 0x10U) != 0; }  // PF_IO_WORKER
};

// Nothing of a thread that is gone.
inline std::optional<ThreadState> state_of_thread(const std::filesystem::path& task) {
  std::ifstream file(task / "stat");
  std::string text;
  std::getline(file, text);
  const std::size_t name_end = text.rfind(')');  // the name may contain anything
  if (name_end == std::string::npos) return {};
  std::istringstream fields(text.substr(name_end + 1));
  ThreadState state;
  std::string skipped;
  fields >> state.letter >> state.parent;
  for (int field = 5; field < 9; ++field) fields >> skipped;
  if (!(fields >> state.flags)) return {};
  return state;
}

// Threads are still listed for a moment after they have been joined, and io_uring's own after the
// ring was closed: neither counts.
inline std::vector<std::filesystem::path> living_threads() {
  std::vector<std::filesystem::path> found;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    const auto state = state_of_thread(task.path());
    if (state && !state->exits() && !state->is_of_io_uring()) found.push_back(task.path());
  }
  return found;
}

}  // namespace convoy::test
