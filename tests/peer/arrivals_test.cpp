// When clients send and how long they wait, on a clock of the test's own.
#include "harness/peer/arrivals.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <vector>

namespace convoy {
namespace {

using namespace std::chrono_literals;

// A server that answers one request after another in `service`, and that does nothing for the first
// 100 ms of every second but the first.
nanoseconds answered_at(nanoseconds free_from, nanoseconds service) {
  nanoseconds begin = free_from;
  const nanoseconds into_second = begin % 1s;
  if (begin >= 1s && into_second < 100ms) begin += 100ms - into_second;
  return begin + service;
}

// What clients see of that server in so long.
Histogram latency_of(const Arrivals::Plan& plan, nanoseconds length) {
  Arrivals arrivals(plan);
  nanoseconds time = 0ns, free_from = 0ns;
  std::multimap<nanoseconds, int> answers;  // that are under way
  arrivals.begin_round(time);
  while (time < length) {
    while (const auto client = arrivals.take_due(time)) {
      free_from = answered_at(std::max(free_from, time), 100us);
      answers.emplace(free_from, *client);
    }
    nanoseconds next = arrivals.next_due().value_or(nanoseconds::max());
    if (!answers.empty()) next = std::min(next, answers.begin()->first);
    time = next;
    while (!answers.empty() && answers.begin()->first <= time) {
      arrivals.answered(answers.begin()->second, time);
      answers.erase(answers.begin());
    }
  }
  arrivals.end_round();
  return arrivals.latency();
}

TEST(Arrivals, AnOpenLoopSeesAStallThatAClosedLoopHides) {
  const auto closed = latency_of({.clients = 4}, 10s);
  const auto open = latency_of({.clients = 4, .rate = 2000}, 10s);
  EXPECT_LT(closed.quantile(0.99), 1e6);
  EXPECT_GE(open.quantile(0.99), 50e6);
  EXPECT_GT(closed.count(), 50'000U);
}

TEST(Arrivals, AClosedLoopAsksAgainWhenTheAnswerIsThere) {
  Arrivals arrivals({.clients = 2});
  EXPECT_FALSE(arrivals.take_due(0ns));
  arrivals.begin_round(5us);
  EXPECT_EQ(arrivals.take_due(5us), 0);
  EXPECT_EQ(arrivals.take_due(5us), 1);
  EXPECT_FALSE(arrivals.take_due(6us));
  EXPECT_FALSE(arrivals.next_due());
  arrivals.answered(1, 9us);
  EXPECT_EQ(arrivals.take_due(9us), 1);
  EXPECT_EQ(arrivals.latency().count(), 1U);
  EXPECT_EQ(arrivals.latency().largest(), 4000);
}

TEST(Arrivals, AnOpenLoopAsksByTheClockWhoeverHasAnswered) {
  Arrivals arrivals({.clients = 2, .rate = 1000, .poisson = false});
  arrivals.begin_round(0ns);
  EXPECT_FALSE(arrivals.take_due(999us));
  EXPECT_EQ(arrivals.next_due(), nanoseconds(1ms));
  EXPECT_EQ(arrivals.take_due(3ms), 0);
  EXPECT_EQ(arrivals.take_due(3ms), 1);
  EXPECT_EQ(arrivals.take_due(3ms), 0);
  EXPECT_FALSE(arrivals.take_due(3ms));
  arrivals.answered(0, 4ms);  // asked for at 1 ms, whenever it was sent
  EXPECT_EQ(arrivals.latency().largest(), 3'000'000);
}

TEST(Arrivals, PoissonIntervalsHaveTheMeanAndTheSpreadOfTheirLaw) {
  constexpr int kRequests = 100'000;
  Arrivals arrivals({.clients = 1, .rate = 1'000'000, .seed = 3});
  arrivals.begin_round(0ns);
  std::vector<double> gaps;
  for (nanoseconds last = 0ns; gaps.size() < kRequests;) {
    const nanoseconds due = *arrivals.next_due();
    gaps.push_back(static_cast<double>((due - last).count()));
    last = due;
    ASSERT_EQ(arrivals.take_due(due), 0);
    arrivals.answered(0, due);
  }
  double sum = 0, squares = 0;
  for (const double gap : gaps) sum += gap, squares += gap * gap;
  const double mean = sum / kRequests;
  EXPECT_NEAR(mean, 1000, 15);
  EXPECT_NEAR(squares / kRequests / (mean * mean), 2, 0.1);  // of an exponential distribution
  const auto long_ones = std::count_if(gaps.begin(), gaps.end(), [](double g) { return g > 3000; });
  EXPECT_NEAR(static_cast<double>(long_ones) / kRequests, 0.0498, 0.005);
}

TEST(Arrivals, TheSameSeedGivesTheSameLoad) {
  const auto times = [](std::uint64_t seed) {
    Arrivals arrivals({.clients = 3, .rate = 50'000, .seed = seed});
    arrivals.begin_round(0ns);
    std::vector<nanoseconds> due;
    for (int i = 0; i < 50; ++i) {
      due.push_back(*arrivals.next_due());
      arrivals.take_due(due.back());
    }
    return due;
  };
  EXPECT_EQ(times(7), times(7));
  EXPECT_NE(times(7), times(8));
}

TEST(Arrivals, WhatARoundLeavesBehindCountsInNone) {
  Arrivals arrivals({.clients = 1});
  arrivals.begin_round(0ns);
  arrivals.take_due(0ns);
  arrivals.end_round();
  EXPECT_FALSE(arrivals.take_due(1us));
  arrivals.begin_round(1s);
  EXPECT_FALSE(arrivals.take_due(1s)) << "its answer is still to come";
  arrivals.answered(0, 1s + 1us);
  EXPECT_EQ(arrivals.latency().count(), 0U);
  EXPECT_EQ(arrivals.take_due(1s + 1us), 0);
}

TEST(Arrivals, DroppedRequestsAreNotWaitedFor) {
  Arrivals arrivals({.clients = 1, .rate = 1000, .poisson = false});
  arrivals.begin_round(0ns);
  while (arrivals.take_due(3ms)) continue;
  arrivals.end_round();
  arrivals.drop(0, 2);
  arrivals.answered(0, 4ms);
  EXPECT_EQ(arrivals.latency().largest(), 3'000'000);
  EXPECT_THROW(arrivals.answered(0, 5ms), std::runtime_error);
}

TEST(Arrivals, AHopelesslySlowServerIsTold) {
  Arrivals arrivals({.clients = 1, .rate = 10'000'000, .poisson = false});
  arrivals.begin_round(0ns);
  EXPECT_THROW(
      {
        while (arrivals.take_due(10s)) continue;
      },
      std::runtime_error);
}

}  // namespace
}  // namespace convoy
