// A file descriptor that closes itself.
#pragma once

#include <unistd.h>

#include <utility>

namespace convoy {

// Learns of each descriptor that a UniqueFd of this thread closes, just before: its number may soon
// mean something else. For who remembers descriptors by number.
class CloseWatcher {
 public:
  virtual void closing(int fd) = 0;

 protected:
  ~CloseWatcher() = default;
};

// The calling thread's, or null. Set and reset by the watcher itself.
inline thread_local CloseWatcher* close_watcher = nullptr;

// Owns one descriptor; movable, not copyable. Any thread, one at a time; closing may block as
// close(2) does.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) reset(std::exchange(other.fd_, -1));
    return *this;
  }
  ~UniqueFd() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void reset(int fd = -1) {
    if (fd_ >= 0) {
      if (close_watcher != nullptr) [[unlikely]]
        close_watcher->closing(fd_);
      ::close(fd_);
    }
    fd_ = fd;
  }

 private:
  int fd_ = -1;
};

}  // namespace convoy
