#include "harness/loop/timers.hpp"

#include <gtest/gtest.h>

#include <random>

namespace convoy {
namespace {

TEST(Timers, MillionDeadlinesComeOutInOrder) {
  std::mt19937_64 random(1);
  std::vector<Operation> sleeps(1'000'000);
  Timers timers;
  for (Operation& sleep : sleeps) {
    sleep.deadline = nanoseconds(static_cast<std::int64_t>(random() % 3'600'000'000'000));
    timers.add(sleep);
  }
  std::size_t count = 0;
  nanoseconds last{0};
  while (const auto next = timers.next_deadline()) {
    OperationQueue due;
    timers.expire(*next, due);
    ASSERT_FALSE(due.empty());
    while (const Operation* sleep = due.pop()) {
      ASSERT_EQ(sleep->deadline, *next);
      ASSERT_GE(sleep->deadline, last);
      last = sleep->deadline;
      ++count;
    }
  }
  EXPECT_EQ(count, sleeps.size());
}

TEST(Timers, EqualDeadlinesKeepTheirOrder) {
  std::vector<Operation> sleeps(100);
  Timers timers;
  for (Operation& sleep : sleeps) timers.add(sleep);
  OperationQueue due;
  timers.expire(nanoseconds(0), due);
  for (const Operation& sleep : sleeps) EXPECT_EQ(due.pop(), &sleep);
  EXPECT_TRUE(timers.empty());
}

TEST(Timers, NothingComesBeforeItsDeadline) {
  Operation soon, late;
  soon.deadline = nanoseconds(10);
  late.deadline = nanoseconds(20);
  Timers timers;
  timers.add(late);
  timers.add(soon);
  OperationQueue due;
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
