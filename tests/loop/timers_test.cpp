#include "harness/loop/timers.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <vector>

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

TEST(Timers, TellOfTheNearestWhereverItHangs) {
  // From within the present slot to the end of the clock.
  const std::vector<std::int64_t> deadlines{40,
                                            50'000,
                                            9'000'000,
                                            2'000'000'000,
                                            7'000'000'000'000,
                                            std::numeric_limits<std::int64_t>::max()};
  std::vector<Suspension> sleeps(deadlines.size());
  Timers timers;
  for (std::size_t i = deadlines.size(); i-- > 0;) {
    sleeps[i].deadline = nanoseconds(deadlines[i]);
    timers.add(sleeps[i]);
    EXPECT_EQ(timers.next_deadline(), sleeps[i].deadline);
  }
  for (std::size_t i = 0; i < deadlines.size(); ++i) {
    SuspensionQueue due;
    timers.expire(nanoseconds(deadlines[i] - 1), due);
    EXPECT_TRUE(due.empty()) << deadlines[i];
    EXPECT_EQ(timers.next_deadline(), nanoseconds(deadlines[i]));
    timers.expire(nanoseconds(deadlines[i]), due);
    EXPECT_EQ(due.pop(), &sleeps[i]);
    EXPECT_EQ(due.pop(), nullptr);
  }
  EXPECT_TRUE(timers.empty());
  EXPECT_EQ(timers.next_deadline(), std::nullopt);
}

TEST(Timers, ThePastIsDueAtOnce) {
  std::vector<Suspension> sleeps(3);
  sleeps[0].deadline = nanoseconds(-5);
  sleeps[1].deadline = nanoseconds(0);
  sleeps[2].deadline = nanoseconds(-1'000'000'000'000);
  Timers timers;
  SuspensionQueue due;
  timers.expire(nanoseconds(123'456'789'012), due);
  for (Suspension& sleep : sleeps) timers.add(sleep);
  EXPECT_EQ(timers.next_deadline(), sleeps[2].deadline);
  timers.expire(nanoseconds(123'456'789'012), due);
  EXPECT_EQ(due.pop(), &sleeps[2]);
  EXPECT_EQ(due.pop(), &sleeps[0]);
  EXPECT_EQ(due.pop(), &sleeps[1]);
}

TEST(Timers, ClearedTheyBeginAnew) {
  std::vector<Suspension> sleeps(1000);
  std::mt19937_64 random(7);
  Timers timers;
  for (int round = 0; round < 3; ++round) {
    for (Suspension& sleep : sleeps) {
      sleep.deadline = nanoseconds(static_cast<std::int64_t>(random() >> (1 + random() % 60)));
      timers.add(sleep);
    }
    timers.clear();
    EXPECT_TRUE(timers.empty());
    EXPECT_EQ(timers.next_deadline(), std::nullopt);
  }
  SuspensionQueue due;
  timers.expire(nanoseconds::max(), due);
  EXPECT_TRUE(due.empty());
}

// What timers promise, with the simplest means.
class SortedSleepers {
 public:
  void add(Suspension& sleep) {
    const auto behind = std::upper_bound(
        sorted_.begin(), sorted_.end(), &sleep,
        [](const Suspension* a, const Suspension* b) { return a->deadline < b->deadline; });
    sorted_.insert(behind, &sleep);
  }
  std::optional<nanoseconds> next_deadline() const {
    if (sorted_.empty()) return {};
    return sorted_.front()->deadline;
  }
  std::vector<Suspension*> expire(nanoseconds time) {
    const auto end = std::find_if(sorted_.begin(), sorted_.end(),
                                  [&](const Suspension* each) { return each->deadline > time; });
    std::vector<Suspension*> due(sorted_.begin(), end);
    sorted_.erase(sorted_.begin(), end);
    return due;
  }
  void clear() { sorted_.clear(); }

 private:
  std::vector<Suspension*> sorted_;
};

// From now: mostly near, now and then far, past, or equal to another's.
nanoseconds some_deadline(std::mt19937_64& random, nanoseconds time, nanoseconds other) {
  const auto upto = [&](std::int64_t most) {
    return nanoseconds(static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most)));
  };
  switch (random() % 8) {
    case 0: return other;
    case 1: return time - upto(1'000'000);
    case 2: return time + upto(std::int64_t{1} << 50);
    case 3: return time + upto(100'000'000'000);
    case 4: return time + upto(40'000);
    default: return time + upto(300'000'000);
  }
}

TEST(Timers, AreAsGoodAsASortedList) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    std::mt19937_64 random(seed);
    std::vector<Suspension> sleeps(3000);
    Timers timers;
    SortedSleepers sorted;
    nanoseconds time(static_cast<std::int64_t>(random() >> (2 + random() % 40)));
    nanoseconds last = time;
    for (std::size_t next = 0; next < sleeps.size();) {
      for (std::uint64_t many = random() % 20; many > 0 && next < sleeps.size(); --many, ++next) {
        last = sleeps[next].deadline = some_deadline(random, time, last);
        timers.add(sleeps[next]);
        sorted.add(sleeps[next]);
      }
      ASSERT_EQ(timers.next_deadline(), sorted.next_deadline()) << "seed " << seed;
      if (random() % 200 == 0) {
        timers.clear();
        sorted.clear();
      }
      // To a deadline, or somewhere.
      const auto nearest = sorted.next_deadline();
      if (random() % 3 == 0 && nearest) time = std::max(time, *nearest);
      else time += nanoseconds(static_cast<std::int64_t>(random() >> (34 + random() % 30)));
      SuspensionQueue due;
      timers.expire(time, due);
      for (const Suspension* const each : sorted.expire(time))
        ASSERT_EQ(due.pop(), each) << "seed " << seed;
      ASSERT_EQ(due.pop(), nullptr) << "seed " << seed;
      ASSERT_EQ(timers.empty(), !sorted.next_deadline());
    }
  }
}

TEST(SuspensionQueue, IsFirstInFirstOut) {
  Operation a, b, c;
  SuspensionQueue queue;
  queue.push(a);
  SuspensionQueue other;
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
