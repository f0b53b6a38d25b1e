// How often each descriptor number has been closed, for who remembers descriptors by number.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace convoy {

// Counted by every close(2) of the program's own code, whichever thread calls it: the linker puts
// ours in front (-Wl,--wrap=close). What closes otherwise (dup2, close_range, a library's own
// streams) is not seen.
class Closings {
 public:
  // Changes whenever `fd` is closed, and now and then when another is: numbers share counters.
  static std::uint32_t of(int fd) {
    // Relaxed: who is handed a number that was closed and opened again is handed it in some way
    // that orders the two.
    return counts_[slot(fd)].load(std::memory_order_relaxed);
  }
  static void note(int fd) {
    if (fd >= 0) counts_[slot(fd)].fetch_add(1, std::memory_order_relaxed);
  }

 private:
  static constexpr std::size_t kCounts = std::size_t{1} << 16;
  static std::size_t slot(int fd) { return static_cast<std::size_t>(fd) % kCounts; }

  static std::array<std::atomic<std::uint32_t>, kCounts> counts_;
};

}  // namespace convoy
