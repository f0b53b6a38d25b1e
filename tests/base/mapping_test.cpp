#include "harness/base/mapping.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>
#include <new>
#include <system_error>

namespace convoy {
namespace {

TEST(Mapping, IsZeroedAndAlignedToPages) {
  const Mapping memory(10'000);
  const auto* bytes = static_cast<const unsigned char*>(memory.data());
  EXPECT_EQ(memory.size_bytes(), 10'000U);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(bytes) % static_cast<std::uintptr_t>(::getpagesize()),
            0U);
  EXPECT_TRUE(
      std::all_of(bytes, bytes + memory.size_bytes(), [](unsigned char b) { return b == 0; }));
}

TEST(Mapping, IsSharedWithForkedChildrenInBothDirections) {
  const Mapping memory(2 * sizeof(std::atomic<int>));
  auto* words = new (memory.data()) std::atomic<int>[2]{0, 0};
  words[0].store(7);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    words[1].store(words[0].load() + 1);
    ::_exit(0);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(words[1].load(), 8);
}

TEST(Mapping, SaysWhichCallFailed) {
  try {
    const Mapping memory(std::numeric_limits<std::size_t>::max() / 2);
    FAIL() << "mapped half of all addresses";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code().value(), ENOMEM);
    EXPECT_NE(std::string(error.what()).find("mmap"), std::string::npos);
  }
}

}  // namespace
}  // namespace convoy
