#include "harness/machine/memory.hpp"

#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cinttypes>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "harness/base/unique_fd.hpp"
#include "harness/machine/pseudo_files.hpp"

namespace convoy {
namespace {

std::string read(const std::string& process, const char* name) {
  return read_pseudo_file("/proc/" + process + "/" + name);
}

// Of the line "key:    123 kB".
std::optional<std::int64_t> bytes_of(const std::string& text, const std::string& key) {
  const std::size_t line = text.find("\n" + key);
  std::int64_t kib = 0;
  if (line == std::string::npos ||
      std::sscanf(text.c_str() + line + 1 + key.size(), "%" SCNd64, &kib) != 1)
    return {};
  return kib * 1024;
}

// Which pages of a mapping a process has in its page table; empty where the kernel does not say.
std::vector<bool> mapped_pages(pid_t pid, const void* begin, std::size_t bytes) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const auto address = reinterpret_cast<std::uintptr_t>(begin);
  const std::size_t first = address / page, end = (address + bytes + page - 1) / page;
  // A word a page; its highest bit says that the page is there.
  std::vector<std::uint64_t> words(end - first);
  const UniqueFd fd(
      ::open(("/proc/" + std::to_string(pid) + "/pagemap").c_str(), O_RDONLY | O_CLOEXEC));
  const auto size = static_cast<ssize_t>(words.size() * sizeof(std::uint64_t));
  const auto offset = static_cast<off_t>(first * sizeof(std::uint64_t));
  if (!fd || ::pread(fd.get(), words.data(), static_cast<std::size_t>(size), offset) != size)
    return {};
  std::vector<bool> mapped;
  for (const std::uint64_t word : words) mapped.push_back(word >> 63 != 0);
  return mapped;
}

}  // namespace

void start_heap_afresh() {
  // The largest size whose release has glibc raise its thresholds, to as far as they go. Volatile,
  // lest the compiler leave both calls out.
  void* volatile kept = std::malloc((std::size_t{32} << 20) - 8192);
  std::free(kept);
  ::malloc_trim(0);
  const auto end = reinterpret_cast<std::uintptr_t>(::sbrk(0));
  // No more than there is: the heaps of sanitizers and valgrind are elsewhere.
  std::size_t left = ::mallinfo2().arena;
  std::uintptr_t piece = 0;
  const auto take_all = [&](std::size_t size) {
    for (;; left -= size) {
      piece = reinterpret_cast<std::uintptr_t>(std::malloc(size));
      if (piece == 0 || piece >= end || size > left) return;
    }
  };
  // Small pieces are kept by their sizes, of which there is one every 16 bytes, up to 1032.
  for (std::size_t size = 1U << 16; size > 1032; size /= 2) take_all(size);
  for (std::size_t size = 1032; size >= 24; size -= 16) take_all(size);
  // What comes next begins with a page, so that as much touches as many pages each time. The last
  // piece ends 16 bytes on, and each has 8 bytes more than was asked for.
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  kept = std::malloc(2 * page - (piece + 16) % page - 8);
}

std::int64_t anonymous_bytes() {
  // "size resident shared ...", in pages; the shared ones are those of files and shared mappings.
  const std::string text = read("self", "statm");
  std::int64_t size = 0, resident = 0, shared = 0;
  if (std::sscanf(text.c_str(), "%" SCNd64 " %" SCNd64 " %" SCNd64, &size, &resident, &shared) != 3)
    return 0;
  return (resident - shared) * ::sysconf(_SC_PAGESIZE);
}

std::optional<std::int64_t> peak_resident_bytes(pid_t pid) {
  const std::string text = read(std::to_string(pid), "status");
  const auto peak = bytes_of(text, "VmHWM:"), files = bytes_of(text, "RssFile:");
  if (!peak || !files) return {};
  return *peak - *files;
}

std::optional<MemoryShares> memory_shares(pid_t pid) {
  const std::string text = read(std::to_string(pid), "smaps_rollup");
  const auto anonymous = bytes_of(text, "Anonymous:"), own = bytes_of(text, "Private_Dirty:"),
             shared = bytes_of(text, "Pss_Shmem:");
  if (!anonymous || !own || !shared) return {};
  return MemoryShares{*anonymous, *own, *shared};
}

std::vector<MappedBytes> mapped_bytes(const std::vector<pid_t>& processes, const void* begin,
                                      std::size_t bytes) {
  std::vector<std::vector<bool>> mapped;
  for (const pid_t pid : processes) mapped.push_back(mapped_pages(pid, begin, bytes));
  const std::vector<bool> ours = mapped_pages(::getpid(), begin, bytes);
  std::vector<std::int64_t> users(ours.begin(), ours.end());
  for (const std::vector<bool>& pages : mapped)
    for (std::size_t i = 0; i < std::min(pages.size(), users.size()); ++i) users[i] += pages[i];
  const std::int64_t page_bytes = ::sysconf(_SC_PAGESIZE);
  std::vector<MappedBytes> told;
  for (const std::vector<bool>& pages : mapped) {
    MappedBytes& of_process = told.emplace_back();
    for (std::size_t i = 0; i < std::min(pages.size(), users.size()); ++i) {
      if (!pages[i]) continue;
      of_process.resident += page_bytes;
      of_process.share += page_bytes / users[i];
    }
  }
  return told;
}

namespace {

// Of the line "key 123" of a memory.stat.
std::optional<std::int64_t> stat_of(const std::string& folder, const std::string& key) {
  const std::string text = "\n" + read_pseudo_file(folder + "/memory.stat");
  const std::size_t line = text.find("\n" + key + " ");
  std::int64_t number = 0;
  if (line == std::string::npos ||
      std::sscanf(text.c_str() + line + 2 + key.size(), "%" SCNd64, &number) != 1)
    return {};
  return number;
}

// Looked up once: a process moves to another group before it measures, if at all.
const std::vector<ControlGroup>& memory_groups() {
  static const std::vector<ControlGroup> groups = control_groups("memory");
  return groups;
}

}  // namespace

std::optional<KernelMemory> kernel_memory() {
  for (const auto& [folder, version_2] : memory_groups()) {
    const auto bytes =
        version_2 ? stat_of(folder, "kernel") : number_in(folder + "/memory.kmem.usage_in_bytes");
    if (bytes && *bytes > 0) return KernelMemory{*bytes, "cgroup"};
  }
  const std::string text = read_pseudo_file("/proc/meminfo");
  const auto stacks = bytes_of(text, "KernelStack:"), tables = bytes_of(text, "PageTables:"),
             objects = bytes_of(text, "SUnreclaim:");
  if (!stacks || !tables || !objects) return {};
  return KernelMemory{*stacks + *tables + *objects, "machine"};
}

std::optional<std::int64_t> memory_left() {
  std::optional<std::int64_t> left = bytes_of(read_pseudo_file("/proc/meminfo"), "MemAvailable:");
  for (const auto& [folder, version_2] : memory_groups()) {
    const auto limit = number_in(folder + (version_2 ? "/memory.max" : "/memory.limit_in_bytes"));
    const auto used =
        number_in(folder + (version_2 ? "/memory.current" : "/memory.usage_in_bytes"));
    if (!limit || !used) continue;
    // What a file's pages take is given back where memory is needed.
    const std::int64_t cached =
        stat_of(folder, version_2 ? "inactive_file" : "total_inactive_file").value_or(0);
    left = std::min(left.value_or(INT64_MAX), std::max<std::int64_t>(0, *limit - *used + cached));
  }
  return left;
}

}  // namespace convoy
