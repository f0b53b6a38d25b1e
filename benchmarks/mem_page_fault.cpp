// Touching fresh pages: the kernel maps and clears each at the first write, and takes all back.
#include <sys/mman.h>
#include <unistd.h>

#include "harness/work/workload.hpp"

static const convoy::Parameter pages{"pages", 64, "Fresh pages in one operation", 1, 1'000'000};

// Small pages alone, or one fault would bring 512 of them. How many were zero, as they must be.
static std::int64_t touch(std::size_t count) {
  static const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* const mapped =
      ::mmap(nullptr, count * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) convoy::throw_errno("mmap", "use fewer mem_page_fault.pages");
  ::madvise(mapped, count * page, MADV_NOHUGEPAGE);  // refused where there are none anyway
  auto* const bytes = static_cast<volatile char*>(mapped);
  std::int64_t zero = 0;
  for (std::size_t i = 0; i < count * page; i += page) {
    bytes[i] = 1;  // first: a page that was read before would fault twice
    zero += bytes[i + 1] == 0 ? 1 : 0;
  }
  ::munmap(mapped, count * page);
  return zero;
}

CONVOY_WORKLOAD(mem_page_fault, mem, "Map fresh pages, write to each, and unmap them", pages,
                convoy::UnderFewLocks{}) {
  std::int64_t zero = 0;
  while (worker.next()) {
    zero += touch(static_cast<std::size_t>(worker[pages]));
    worker.checkpoint();
  }
  worker.keep(zero);
  co_return;
}
