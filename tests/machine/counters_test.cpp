#include "harness/machine/counters.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mman.h>

#include <thread>
#include <type_traits>
#include <vector>

#include "harness/machine/pinning.hpp"

namespace convoy {
namespace {

static_assert(std::is_trivially_copyable_v<ThreadUsage>);

TEST(Counters, UsageGrowsWithWork) {
  const ThreadMeter meter;
  const ThreadUsage start = meter.read();
  while (thread_cpu_time() - start.cpu < std::chrono::milliseconds(5)) {
  }
  const ThreadUsage used = meter.read() - start;
  EXPECT_GE(used.cpu, std::chrono::milliseconds(5));
  ASSERT_TRUE(used.run_delay.has_value());
  EXPECT_GE(used.run_delay->count(), 0);
}

TEST(Counters, TouchedPagesAreMinorFaults) {
  constexpr std::size_t kPages = 64;
  const long page = 4096;
  void* memory =
      ::mmap(nullptr, kPages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  ::madvise(memory, kPages * page, MADV_NOHUGEPAGE);
  const ThreadMeter meter;
  const ThreadUsage start = meter.read();
  for (std::size_t i = 0; i < kPages; ++i) static_cast<volatile char*>(memory)[i * page] = 1;
  EXPECT_GE((meter.read() - start).faults_minor, static_cast<std::int64_t>(kPages));
  ::munmap(memory, kPages * page);
}

TEST(Counters, BlockingIsAVoluntarySwitch) {
  const ThreadMeter meter;
  const ThreadUsage start = meter.read();
  timespec brief{0, 1000};
  for (int i = 0; i < 5; ++i) ::nanosleep(&brief, nullptr);
  EXPECT_GE((meter.read() - start).switches_voluntary, 5);
}

TEST(Counters, MovingToAnotherCpuIsAMigration) {
  std::jthread([] {
    const CpuSet all = current_affinity();
    if (all.size() < 2) GTEST_SKIP() << "needs two CPUs";
    const ThreadMeter meter;
    bind_this_thread({all.first()});
    const ThreadUsage start = meter.read();
    if (!start.migrations) GTEST_SKIP() << "this kernel does not count migrations";
    for (int i = 0; i < 3; ++i) {
      bind_this_thread({all.last()});
      bind_this_thread({all.first()});
    }
    EXPECT_EQ((meter.read() - start).migrations.value(), 6);
  });
}

TEST(Counters, MetersMeasureTheirOwnThread) {
  nanoseconds other{};
  std::jthread([&] {
    const ThreadMeter meter;
    other = meter.read().cpu;
  }).join();
  EXPECT_LT(other, process_cpu_time());
}

TEST(Counters, SumsAreAbsentWhereOnePartIs) {
  ThreadUsage sum{.run_delay = nanoseconds(5), .migrations = 1};
  sum += ThreadUsage{.cpu = nanoseconds(3), .run_delay = nanoseconds(2), .migrations = {}};
  EXPECT_EQ(sum.cpu, nanoseconds(3));
  EXPECT_EQ(sum.run_delay, nanoseconds(7));
  EXPECT_FALSE(sum.migrations);
}

TEST(Counters, MemoryOfTheProcess) {
  EXPECT_GT(peak_rss_bytes(), 1 << 20);
  if (const auto pss = pss_bytes()) {
    EXPECT_LE(*pss, peak_rss_bytes() * 2);
  }
}

TEST(Counters, HardwareCountersCountOrSayWhyNot) {
  HardwareCounters counters;
  counters.start();
  const HardwareCounts counts = counters.stop();
  if (counters.reason().empty()) {
    EXPECT_GT(counts.instructions.value(), 0);
  } else {
    EXPECT_FALSE(counts.instructions && counts.cycles && counts.cache_misses);
  }
}

}  // namespace
}  // namespace convoy
