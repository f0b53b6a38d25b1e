#include "harness/machine/pinning.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/machine/absent_cpu.hpp"

namespace convoy {
namespace {

using ::testing::HasSubstr;

// Binding is for the rest of a thread's life, so each test binds a thread of its own.
template <typename Body>
void on_a_thread(Body body) {
  std::jthread thread(body);
}

TEST(Pinning, BindsAndReadsBack) {
  on_a_thread([] {
    const CpuSet target{current_affinity().first()};
    Pinning pinning = bind_this_thread(target);
    EXPECT_TRUE(pinning.pinned) << pinning.reason;
    EXPECT_EQ(pinning.read_back, target);
    EXPECT_EQ(current_affinity(), target);
    verify_pinning(pinning);
    EXPECT_TRUE(pinning.pinned);
    EXPECT_EQ(pinning.reason, "");
  });
}

TEST(Pinning, AnEmptySetIsRefusedWithTheCall) {
  on_a_thread([] {
    const CpuSet before = current_affinity();
    const Pinning pinning = bind_this_thread(CpuSet());
    EXPECT_FALSE(pinning.pinned);
    EXPECT_THAT(pinning.reason, HasSubstr("sched_setaffinity"));
    EXPECT_EQ(current_affinity(), before);
  });
}

TEST(Pinning, ACpuThatIsNotThereDoesNotCountAsBound) {
  on_a_thread([] {
    const int absent = test::first_absent_cpu();
    const Pinning lost = bind_this_thread({absent});
    EXPECT_FALSE(lost.pinned);
    // The kernel accepts this one and binds to less than was asked.
    const Pinning partly = bind_this_thread({current_affinity().first(), absent});
    EXPECT_FALSE(partly.pinned);
    EXPECT_THAT(partly.reason, HasSubstr("reads back"));
  });
}

TEST(Pinning, ABindingThatChangedIsNoticedAtTheEnd) {
  on_a_thread([] {
    const CpuSet all = current_affinity();
    if (all.size() < 2) GTEST_SKIP() << "needs two CPUs";
    Pinning pinning = bind_this_thread({all.first()});
    bind_this_thread({all.last()});
    verify_pinning(pinning);
    EXPECT_FALSE(pinning.pinned);
    EXPECT_THAT(pinning.reason, HasSubstr("reads back " + std::to_string(all.last())));
  });
}

TEST(Pinning, UnpinnedSaysWhyAndWhere) {
  const Pinning pinning = unpinned("the policy is none");
  EXPECT_FALSE(pinning.pinned);
  EXPECT_EQ(pinning.reason, "the policy is none");
  EXPECT_FALSE(pinning.read_back.empty());
}

}  // namespace
}  // namespace convoy
