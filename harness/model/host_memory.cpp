// How much memory a crew takes.
#include <algorithm>

#include "harness/machine/memory.hpp"
#include "harness/model/host.hpp"

namespace convoy {
namespace {

// Of what it inherited, a process copies at least its stack, globals and pages of the heap: 0.1 to
// 0.2 MB.
constexpr std::int64_t kCopiedAnyway = 256 * 1024;

std::int64_t at_least_0(std::int64_t bytes) { return std::max<std::int64_t>(0, bytes); }

}  // namespace

// What a process inherited is no memory of the crew: how much that is depends on what the
// controller has kept of earlier rows. So pages count that came since the fork. Pages that a
// process inherited and has written to since, and so has copies of, count as far as they may be the
// host's; a few are always the controller's, written to because there was room for something small.
// Pages of files are the kernel's cache, and how many it puts at a process's hand is chance; so are
// those of the arena that a process has read before others wrote to them, and the arena is no
// memory of the crew's either.
CrewMemory Host::memory() const {
  const CrewProcess& host = arena_.host();
  std::vector<CrewProcess> crew{host};
  for (int i = 0; i < arena_.seats(); ++i)
    if (const CrewProcess& process = arena_.slot(i).process; process.pid != 0)
      crew.push_back(process);
  std::vector<pid_t> pids;
  for (const CrewProcess& process : crew) pids.push_back(process.pid);
  const Mapping& shared = arena_.mapping();
  const auto arena = mapped_bytes(pids, shared.data(), shared.size_bytes());
  CrewMemory sum;
  sum.peak_rss_bytes = sum.pss_bytes = 0;
  if (const auto kernel = kernel_memory(); kernel && kernel_before_) {
    sum.kernel_bytes = kernel->bytes - kernel_before_->bytes;
    sum.kernel_of = kernel->of;
  }
  for (std::size_t i = 0; i < crew.size(); ++i) {
    const CrewProcess& process = crew[i];
    const auto peak = peak_resident_bytes(process.pid);
    if (!peak) sum.peak_rss_bytes.reset();
    if (sum.peak_rss_bytes)
      *sum.peak_rss_bytes += at_least_0(*peak - process.inherited_bytes - arena[i].resident);
    const auto shares = memory_shares(process.pid);
    if (!shares) sum.pss_bytes.reset();
    if (!sum.pss_bytes) continue;
    const std::int64_t made_by_host = at_least_0(process.inherited_bytes - host.inherited_bytes);
    const std::int64_t added = at_least_0(shares->anonymous - process.inherited_bytes);
    const std::int64_t copied =
        std::min(at_least_0(shares->own - added - kCopiedAnyway), made_by_host);
    *sum.pss_bytes += added + copied + at_least_0(shares->shared_share - arena[i].share);
  }
  return sum;
}

}  // namespace convoy
