// What a process has in memory, as the kernel tells of it. All sizes are in bytes.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace convoy {

// Takes all that is free within the calling process's heap and keeps it for ever, and fixes how
// glibc parts large pieces from small ones, so that what is allocated from now on needs the same
// pages whatever was done before. For a process that was just forked. Takes 0.1 ms, and 1 us for
// each piece that is free.
void start_heap_afresh();

// What the calling process has resident that no file stands behind and that was not made to be
// shared; 0 where the kernel does not say. Takes 10 us.
std::int64_t anonymous_bytes();

// The most that a process has had resident since it was forked, what it inherited included, without
// the pages of files, such as its code, that it has now. Absent where the kernel does not say, or
// there is no such process. Takes 20 us.
std::optional<std::int64_t> peak_resident_bytes(pid_t pid);

// A process's memory at one instant.
struct MemoryShares {
  std::int64_t anonymous = 0;     // as above, whoever else has it
  std::int64_t own = 0;           // written by it, and in no other process
  std::int64_t shared_share = 0;  // of what was made to be shared, each page divided by its users
};

// Of a process of the same user. Absent as above, and before Linux 5.4. The kernel looks at every
// page: 0.3 ms for 10 MB.
std::optional<MemoryShares> memory_shares(pid_t pid);

// Of a mapping, in one process's page table: the pages that are there, and the same with each
// divided among the processes that have it.
struct MappedBytes {
  std::int64_t resident = 0, share = 0;
};

// What each of these processes of the same user has of a mapping that they all inherited from the
// caller, who has a share too. 0 where the kernel does not say. Takes 10 us a process and 30 ns a
// page.
std::vector<MappedBytes> mapped_bytes(const std::vector<pid_t>& processes, const void* begin,
                                      std::size_t bytes);

// What the kernel keeps for its own use: stacks, page tables, objects.
struct KernelMemory {
  std::int64_t bytes = 0;
  // Whose: "cgroup", of all processes in this one's memory control group; or "machine".
  const char* of = "";
};
// Absent where the kernel says neither. Takes 20 us. The kernel counts in batches, so that
// differences below a megabyte say little.
std::optional<KernelMemory> kernel_memory();

// How much more the processes of this group may take before the kernel ends one of them: the least
// of what the machine and each of its memory control groups have left. Absent where nobody says.
std::optional<std::int64_t> memory_left();

}  // namespace convoy
