#include "harness/measure/calibration.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

namespace convoy {
namespace {

// A round that lasts for so much longer than its operations ever took is run once more.
constexpr double kSurprise = 1.25;
constexpr double kMostStep = 10.0;  // a step, since short rounds mislead
constexpr double kMargin = 1.15;

std::uint64_t scaled(std::uint64_t operations, double factor) {
  return std::max<std::uint64_t>(
      1, static_cast<std::uint64_t>(std::ceil(static_cast<double>(operations) * factor)));
}

// Rounds of one crew, and the least that one of their operations took.
class Rounds {
 public:
  Rounds(RoundLength first, const std::function<nanoseconds(std::uint64_t)>& run) : run_(run) {
    note(first.operations, length_of(first.wall));
  }

  // Nanoseconds; of a round that surprises by its length, the shorter of two.
  double run(std::uint64_t operations, double wanted) {
    const double expected = least_ * static_cast<double>(operations);
    double wall = length_of(run_(operations));
    if (wall >= wanted && wall > kSurprise * expected)
      wall = std::min(wall, length_of(run_(operations)));
    note(operations, wall);
    return wall;
  }

 private:
  static double length_of(nanoseconds wall) {
    return static_cast<double>(std::max<std::int64_t>(1, wall.count()));
  }
  void note(std::uint64_t operations, double wall) {
    least_ = std::min(least_, wall / static_cast<double>(operations));
  }

  const std::function<nanoseconds(std::uint64_t)>& run_;
  double least_ = HUGE_VAL;
};

}  // namespace

std::uint64_t calibrate(RoundLength first, nanoseconds wanted,
                        const std::function<nanoseconds(std::uint64_t)>& run) {
  const auto enough = static_cast<double>(wanted.count());
  Rounds rounds(first, run);
  std::uint64_t operations = first.operations;
  // Rounds too short for the clock mislead as well.
  auto wall = static_cast<double>(std::max<std::int64_t>(first.wall.count(), 100));
  if (wall >= enough) {
    // Slow operations, so fewer of them; or a disturbed round, so one more before so few decide.
    operations = scaled(operations, std::min(1.0, enough / wall));
    wall = rounds.run(operations, enough);
  }
  while (wall < enough) {
    operations = scaled(operations, std::min(kMostStep, kMargin * enough / wall));
    wall = rounds.run(operations, enough);
  }
  return operations;
}

void share_budgets(std::vector<CaseResult>& results) {
  constexpr std::uint64_t kMostGrowth = 3;
  const auto group_of = [](const Case& c) {
    return std::tuple(c.workload, c.arguments, c.workers);
  };
  std::map<std::tuple<const Workload*, std::vector<std::int64_t>, int>, std::uint64_t> largest;
  for (const CaseResult& result : results)
    if (!result.failure) {
      std::uint64_t& most = largest[group_of(*result.benchmark)];
      most = std::max(most, result.budget);
    }
  for (CaseResult& result : results)
    if (!result.failure)
      result.budget = std::min(largest[group_of(*result.benchmark)], kMostGrowth * result.budget);
}

}  // namespace convoy
