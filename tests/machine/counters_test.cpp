#include "harness/machine/counters.hpp"

#include <gmock/gmock.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "harness/machine/pinning.hpp"

namespace convoy {
namespace {

using namespace std::chrono_literals;

static_assert(std::is_trivially_copyable_v<ThreadUsage>);

TEST(Counters, UsageGrowsWithWork) {
  const ThreadMeter meter;
  const ThreadUsage start = meter.read();
  while (thread_cpu_time() - start.cpu < std::chrono::milliseconds(5)) {
  }
  const ThreadUsage used = meter.read() - start;
  EXPECT_GE(used.cpu, std::chrono::milliseconds(5));
  ASSERT_EQ(used.run_delay.has_value(), std::filesystem::exists("/proc/thread-self/schedstat"));
  if (used.run_delay) {
    EXPECT_GE(used.run_delay->count(), 0);
  }
}

TEST(Counters, TouchedPagesAreMinorFaults) {
  constexpr std::size_t kPages = 64;
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
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

// As the kernel tells of another thread.
std::int64_t voluntary_switches_of(pid_t tid) {
  std::ifstream file("/proc/self/task/" + std::to_string(tid) + "/status");
  const std::string key = "voluntary_ctxt_switches:";
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(key)) return std::stoll(line.substr(key.size()));
  return -1;
}

TEST(Counters, BlockingIsAVoluntarySwitch) {
  // A short sleep may be over before it begins, a read of a pipe that is empty is not.
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const UniqueFd out(ends[0]), in(ends[1]);
  std::atomic<pid_t> tid{0};
  std::int64_t first = -1, counted = -1;
  std::jthread reader([&] {
    const ThreadMeter meter;
    const ThreadUsage start = meter.read();
    first = start.switches_voluntary;
    tid.store(::gettid());
    char letter = 0;
    for (int i = 0; i < 5; ++i) EXPECT_EQ(::read(out.get(), &letter, 1), 1);
    counted = (meter.read() - start).switches_voluntary;
  });
  while (tid.load() == 0) ::sched_yield();
  for (int i = 0; i < 5; ++i) {
    while (voluntary_switches_of(tid) <= first + i) ::sched_yield();
    EXPECT_EQ(::write(in.get(), "x", 1), 1);
  }
  reader.join();
  EXPECT_GE(counted, 5);
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
  timespec process{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &process);
  const auto whole = std::chrono::seconds(process.tv_sec) + nanoseconds(process.tv_nsec);
  EXPECT_LT(other, whole);
}

// What every kernel counts, where it lets anybody count.
constexpr PerfEvents kFaults = {{{PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS},
                                 {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK},
                                 {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MIN},
                                 {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MAJ}}};

void touch(std::size_t pages) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* memory =
      ::mmap(nullptr, pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  ::madvise(memory, pages * page, MADV_NOHUGEPAGE);
  for (std::size_t i = 0; i < pages; ++i) static_cast<volatile char*>(memory)[i * page] = 1;
  ::munmap(memory, pages * page);
}

// A sanitizer keeps pages of its own for each page of the program.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::int64_t kPagesOfSanitizer = 5;
#else
constexpr std::int64_t kPagesOfSanitizer = 1;
#endif

TEST(HardwareCounters, CountBetweenStartAndStop) {
  if (const std::string refusal = refusal_to_count(kFaults); !refusal.empty())
    GTEST_SKIP() << refusal;
  HardwareCounters counters(kFaults);
  touch(100);  // not counted
  for (const std::int64_t pages : {10, 40}) {
    counters.start();
    touch(static_cast<std::size_t>(pages));
    const HardwareCounts counts = counters.stop();
    touch(100);
    EXPECT_GE(counts.instructions, pages);
    EXPECT_LT(counts.instructions, kPagesOfSanitizer * pages + 50);
    EXPECT_GT(counts.cycles, 0);
    EXPECT_EQ(counts.cache_misses + counts.branch_misses, counts.instructions);
    EXPECT_EQ(counts.counted_share, 1);
  }
}

TEST(HardwareCounters, AreAbsentWhereOneIsRefused) {
  PerfEvents events = kFaults;
  events[2] = {PERF_TYPE_SOFTWARE, 12345};
  EXPECT_THAT(refusal_to_count(events), ::testing::StartsWith("perf_event_open: "));
  HardwareCounters counters(events);
  counters.start();
  const HardwareCounts counts = counters.stop();
  for (const std::int64_t count :
       {counts.instructions, counts.cycles, counts.cache_misses, counts.branch_misses})
    EXPECT_EQ(count, -1);
}

TEST(HardwareCounters, OfTheProcessorAreThereOrThereIsAReason) {
  EXPECT_EQ(countable_events().has_value(), refusal_of_processor().empty());
}

TEST(HardwareCounters, AreScaledUpFromThePartThatWasCounted) {
  EXPECT_EQ(scaled_count(7, 10ns, 5ns), 14);
  EXPECT_EQ(scaled_count(1'000'000'000'000, 9s, 3s), 3'000'000'000'000);
  EXPECT_EQ(scaled_count(7, 10ns, 10ns), 7);
  EXPECT_EQ(scaled_count(0, 10ns, 5ns), 0);
  EXPECT_FALSE(scaled_count(0, 10ns, 0ns)) << "nothing is known of it";
}

}  // namespace
}  // namespace convoy
