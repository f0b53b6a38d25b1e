#include "harness/loop/timers.hpp"

#include <gtest/gtest.h>

#include <random>

namespace convoy {
namespace {

TEST(Timers, MillionDeadlinesComeOutInOrder) {
  std::mt19937_64 random(1);
  std::vector<Suspension> sleeps(1'000'000);
  Timers timers;
  for (Suspension& sleep : sleeps) {
    sleep.deadline = nanoseconds(static_cast<std::int64_t>(random() % 3'600'000'000'000));
    timers.add(sleep);
  }
  std::size_t count = 0;
  nanoseconds last{0};
  while (const auto next = timers.next_deadline()) {
    SuspensionQueue due;
    timers.expire(*next, due);
    ASSERT_FALSE(due.empty());
    while (const Suspension* sleep = due.pop()) {
      ASSERT_EQ(sleep->deadline, *next);
      ASSERT_GE(sleep->deadline, last);
      last = sleep->deadline;
      ++count;
    }
  }
  EXPECT_EQ(count, sleeps.size());
}

TEST(Timers, EqualDeadlinesKeepTheirOrder) {
  std::vector<Suspension> sleeps(100);
  Timers timers;
  for (Suspension& sleep : sleeps) timers.add(sleep);
  SuspensionQueue due;
  timers.expire(nanoseconds(0), due);
  for (const Suspension& sleep : sleeps) EXPECT_EQ(due.pop(), &sleep);
  EXPECT_TRUE(timers.empty());
}

TEST(Timers, NothingComesBeforeItsDeadline) {
  Suspension soon, late;
  soon.deadline = nanoseconds(10);
  late.deadline = nanoseconds(20);
  Timers timers;
  timers.add(late);
  timers.add(soon);
  SuspensionQueue due;
  timers.expire(nanoseconds(9), due);
  EXPECT_TRUE(due.empty());
  timers.expire(nanoseconds(19), due);
  EXPECT_EQ(due.pop(), &soon);
  EXPECT_EQ(due.pop(), nullptr);
  EXPECT_EQ(timers.next_deadline(), nanoseconds(20));
}

TEST(OperationQueue, IsFirstInFirstOut) {
  Operation a, b, c;
  OperationQueue queue;
  queue.push(a);
  OperationQueue other;
  other.push(b);
  other.push(c);
  queue.append(other.take());
  EXPECT_TRUE(other.empty());
  EXPECT_EQ(queue.pop(), &a);
  EXPECT_EQ(queue.pop(), &b);
  EXPECT_EQ(queue.pop(), &c);
  EXPECT_EQ(queue.pop(), nullptr);
  queue.push(a);
  EXPECT_EQ(queue.pop(), &a);
}

}  // namespace
}  // namespace convoy
