// The memory that fibers have for stacks, with a page below each that nobody may touch, as far as
// the kernel has room for those.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace convoy {

// How large a fiber's stack is, in bytes: a multiple of the page.
struct FiberStackSize {
  static constexpr std::int64_t kUsual = 64 * 1024, kLeast = 16 * 1024, kMost = 64 * 1024 * 1024;
};

// One mapping for all; a page of it is real once it is touched, and stays for the next round. Made
// and used by one carrier; `overflown` may be called from its signal handlers.
//
// A guard costs nothing since Linux 6.13. Before that it costs two of the mappings that a process
// may have (vm.max_map_count). Stacks beyond that number have none: of those an overflow shows only
// afterwards, in a word at the top of the stack below.
class FiberStacks {
 public:
  enum class Guards : std::uint8_t { best, mappings, none };

  // `sharers`: how many carriers of this process have stacks. Throws std::system_error.
  FiberStacks(std::size_t bytes, std::size_t count, int sharers = 1, Guards guards = Guards::best);
  FiberStacks(const FiberStacks&) = delete;
  FiberStacks& operator=(const FiberStacks&) = delete;
  ~FiberStacks();

  std::size_t count() const { return count_; }
  std::size_t bytes() const { return bytes_; }
  // The first so many have a guard.
  std::size_t guarded() const { return guarded_; }
  std::byte* bottom(std::size_t index) const { return base_ + index * stride_ + page_; }
  // Where it begins, growing down. Not all of them on the same line of a page, or they would drive
  // each other out of the cache.
  std::byte* top(std::size_t index) const {
    return base_ + (index + 1) * stride_ - kCanaryRoom - index % kColours * kColour;
  }
  // Whose guard the address is in.
  std::optional<std::size_t> overflown(const void* address) const;
  // Before and after a fiber ran on a stack without a guard: whether it kept to it.
  void watch(std::size_t index);
  bool kept(std::size_t index) const;

 private:
  static constexpr std::size_t kCanaryRoom = 64, kColours = 8, kColour = 256;
  static constexpr std::uint64_t kCanary = 0xA4093822299F31D0U;  // digits of pi

  std::size_t guard_lightly() const;
  std::size_t guard_by_mappings(std::size_t first, int sharers) const;
  std::uint64_t& canary_of(std::size_t index) const;

  std::size_t page_, bytes_, count_, stride_;
  std::byte* base_ = nullptr;
  std::size_t guarded_ = 0;
};

}  // namespace convoy
