#include "harness/loop/fiber_stacks.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

#include "harness/base/check.hpp"

namespace convoy {
namespace {

constexpr int kInstallGuard = 102;  // MADV_GUARD_INSTALL, which older headers do not name

// How many more mappings this process may have.
std::size_t free_mappings() {
  std::size_t most = 65530;
  std::ifstream("/proc/sys/vm/max_map_count") >> most;
  std::ifstream maps("/proc/self/maps");
  const auto used =
      static_cast<std::size_t>(std::count(std::istreambuf_iterator<char>(maps), {}, '\n'));
  return most > used ? most - used : 0;
}

}  // namespace

FiberStacks::FiberStacks(std::size_t bytes, std::size_t count, int sharers, Guards guards)
    : page_(static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))),
      bytes_(bytes),
      count_(count),
      stride_(bytes + page_) {
  CONVOY_CHECK(bytes % page_ == 0 && count > 0, "a stack is made of whole pages");
  void* const mapped = ::mmap(nullptr, stride_ * count_, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (mapped == MAP_FAILED)
    throw_errno("mmap of fibers' stacks",
                "use fewer workers, a smaller --fiber-stack, or raise `ulimit -v`");
  base_ = static_cast<std::byte*>(mapped);
  // One page a sleeping fiber, not a huge one. Refused where there are none anyway.
  ::madvise(base_, stride_ * count_, MADV_NOHUGEPAGE);
  if (guards == Guards::best) guarded_ = guard_lightly();
  if (guards != Guards::none && guarded_ < count_) guarded_ = guard_by_mappings(guarded_, sharers);
}

FiberStacks::~FiberStacks() { ::munmap(base_, stride_ * count_); }

std::size_t FiberStacks::guard_lightly() const {
  for (std::size_t i = 0; i < count_; ++i)
    if (::madvise(base_ + i * stride_, page_, kInstallGuard) != 0) return i;
  return count_;
}

// Some mappings stay for threads, rings and the heap. Carriers that look at the same time take less
// than there is, never more.
std::size_t FiberStacks::guard_by_mappings(std::size_t first, int sharers) const {
  constexpr std::size_t kForOthers = 4096, kEach = 2;
  const std::size_t left = free_mappings();
  const std::size_t room =
      (left - std::min(left, kForOthers)) / kEach / static_cast<std::size_t>(std::max(1, sharers));
  const std::size_t end = std::min(count_, first + room);
  for (std::size_t i = first; i < end; ++i)
    if (::mprotect(base_ + i * stride_, page_, PROT_NONE) != 0) return i;
  return end;
}

std::optional<std::size_t> FiberStacks::overflown(const void* address) const {
  const auto* const byte = static_cast<const std::byte*>(address);
  if (byte < base_ || byte >= base_ + stride_ * count_) return {};
  const auto offset = static_cast<std::size_t>(byte - base_);
  const std::size_t index = offset / stride_;
  if (offset % stride_ >= page_ || index >= guarded_) return {};
  return index;
}

// What it would run into first: the lowest stack has its own page below for that.
std::uint64_t& FiberStacks::canary_of(std::size_t index) const {
  std::byte* const end = index == 0 ? base_ + page_ : base_ + index * stride_;
  return *reinterpret_cast<std::uint64_t*>(end - sizeof(std::uint64_t));
}

void FiberStacks::watch(std::size_t index) {
  if (index >= guarded_) canary_of(index) = kCanary;
}

bool FiberStacks::kept(std::size_t index) const {
  return index < guarded_ || canary_of(index) == kCanary;
}

}  // namespace convoy
