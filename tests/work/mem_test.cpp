// The workloads of memory against what they count, and memory that workers share.
#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include "tests/work/solo.hpp"

namespace convoy {
namespace {

using test::Kept;
using test::Solo;

TEST(MemFalseSharing, AddsToEveryWorkersOwnCounter) {
  const auto added = std::vector(9, (Kept() << 3 * 400).checksum());
  for (const char* apart : {"off", "on"})
    EXPECT_EQ(Solo("mem_false_sharing", {{"apart", apart}}, 9).run(3), added) << apart;
}

TEST(MemMalloc, FindsEveryBlockWhole) {
  const auto whole = std::vector(2, (Kept() << 5 * 32).checksum());
  for (const char* bytes : {"16", "24", "64", "4KiB", "256KiB"})
    for (const char* kept : {"1", "64", "1000"})
      EXPECT_EQ(Solo("mem_malloc", {{"bytes", bytes}, {"kept", kept}}, 2).run(5), whole)
          << bytes << ", " << kept;
}

TEST(MemPageFault, FindsEveryPageZeroHoweverOftenItWasWritten) {
  for (const int pages : {1, 64, 1000})
    EXPECT_EQ(Solo("mem_page_fault", {{"pages", std::to_string(pages)}}).run(3).at(0),
              (Kept() << 3 * pages).checksum());
}

Task nothing(Worker& /*worker*/) { co_return; }

// Outside of a test, where GoogleTest takes the word Setup for a misspelling.
const SharedMemory<int> numbers{[](const Setup& setup) { return setup.workers(); }};
const Workload sharing = make_workload("sharing", "test", "", &nothing, numbers);
Fixtures made_for(int workers) { return make_shared_fixtures({sharing, {}, workers}); }

TEST(SharedMemory, IsOneForAllProcesses) {
  const Fixtures made = made_for(3);
  auto& seen = *static_cast<decltype(numbers)::Value*>(made.at(0).get());
  EXPECT_EQ(std::vector(seen.begin(), seen.end()), std::vector(3, 0));
  const pid_t child = ::fork();
  if (child == 0) {
    seen[2] = 7;
    ::_exit(0);
  }
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_EQ(seen[2], 7);
}

}  // namespace
}  // namespace convoy
