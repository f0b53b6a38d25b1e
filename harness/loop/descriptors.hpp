// What is remembered of each descriptor: a table by number, and what kind of file it is.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace convoy {

// A file is what epoll cannot wait on: on a disk, or a device. A stream is a pipe, a timer or the
// like.
enum class FileKind : std::uint8_t { unknown, socket, stream, file };

// Looked at once a descriptor: fstat costs a system call. A bad descriptor is `unknown` and is
// looked at again.
inline FileKind kind_of_file(int fd) {
  struct stat facts{};
  if (::fstat(fd, &facts) != 0) return FileKind::unknown;
  if (S_ISSOCK(facts.st_mode)) return FileKind::socket;
  const mode_t mode = facts.st_mode;
  if (S_ISREG(mode) || S_ISBLK(mode) || S_ISCHR(mode) || S_ISDIR(mode)) return FileKind::file;
  return FileKind::stream;
}

// A table indexed by descriptor that grows as needed. Used by one thread.
template <class State>
class DescriptorTable {
 public:
  // `fd` must not be negative. The reference lasts until the next call.
  State& operator[](int fd) {
    const auto index = static_cast<std::size_t>(fd);
    if (index >= states_.size()) states_.resize(index + 1 + index / 2);
    return states_[index];
  }
  // Null for one that was never asked for. Lasts as long.
  const State* find(int fd) const {
    const auto index = static_cast<std::size_t>(fd);
    return index < states_.size() ? &states_[index] : nullptr;
  }
  template <class F>
  void for_each(F&& f) {
    for (std::size_t i = 0; i < states_.size(); ++i) f(static_cast<int>(i), states_[i]);
  }

 private:
  std::vector<State> states_;
};

}  // namespace convoy
