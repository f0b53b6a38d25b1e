#include "harness/base/trace_ring.hpp"

#include <gmock/gmock.h>

namespace convoy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::int64_t> arguments(const std::vector<TraceEvent>& events) {
  std::vector<std::int64_t> all;
  for (const TraceEvent& event : events) all.push_back(event.argument);
  return all;
}

class TraceRingTest : public ::testing::Test {
 protected:
  void push(std::int64_t first, std::int64_t last) {
    for (std::int64_t i = first; i <= last; ++i) ring_.push({.argument = i});
  }
  std::vector<std::int64_t> kept() const { return arguments(events_in_order(memory_, count_)); }

  std::vector<TraceEvent> memory_ = std::vector<TraceEvent>(4);
  TraceCount count_;
  TraceRing ring_{memory_, count_};
};

TEST_F(TraceRingTest, HoldsWhatWasWrittenInOrder) {
  EXPECT_THAT(kept(), IsEmpty());
  push(1, 3);
  EXPECT_THAT(kept(), ElementsAre(1, 2, 3));
  EXPECT_EQ(count_.dropped(memory_.size()), 0U);
}

TEST_F(TraceRingTest, HoldsAsManyAsThereIsRoomFor) {
  push(1, 4);
  EXPECT_THAT(kept(), ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(count_.dropped(memory_.size()), 0U);
}

TEST_F(TraceRingTest, DropsTheOldestAndCountsThem) {
  push(1, 6);
  EXPECT_THAT(kept(), ElementsAre(3, 4, 5, 6));
  EXPECT_EQ(count_.dropped(memory_.size()), 2U);
  push(7, 12);
  EXPECT_THAT(kept(), ElementsAre(9, 10, 11, 12));
  EXPECT_EQ(count_.dropped(memory_.size()), 8U);
}

TEST_F(TraceRingTest, IsEmptyOnceCleared) {
  push(1, 6);
  ring_.clear();
  EXPECT_THAT(kept(), IsEmpty());
  push(7, 8);
  EXPECT_THAT(kept(), ElementsAre(7, 8));
}

TEST(TraceRing, MayHoldASingleEvent) {
  std::vector<TraceEvent> memory(1);
  TraceCount count;
  TraceRing ring(memory, count);
  for (std::int64_t i = 0; i < 3; ++i) ring.push({.argument = i});
  EXPECT_THAT(arguments(events_in_order(memory, count)), ElementsAre(2));
}

}  // namespace
}  // namespace convoy
