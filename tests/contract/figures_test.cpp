// What workloads report of their own is merged over workers and seats, and begins anew each round.
#include <gmock/gmock.h>

#include <cmath>

#include "tests/contract/crews.hpp"
#include "tests/internal_error.hpp"

namespace convoy::contract {
namespace {

const Figure turns{"turns", "", Combine::sum, "Turns taken"};
const Figure index{"index_ns", "ns", Combine::mean, "The worker's index"};
const Figure silent{"silent", "", Combine::max, "Never reported"};

Task report_all(Worker& worker) {
  while (worker.next()) {
    worker.report(turns, 1);
    worker.report(index, nanoseconds(worker.index()));
    co_await worker.turn();
  }
}
const Workload reporting =
    make_workload("reporting", "test", "", &report_all, turns, index, silent);

class Figures : public LeavesNothing, public ::testing::WithParamInterface<Model> {};

TEST_P(Figures, AreMergedOverWorkersAndSeatsAndBeginAnewEachRound) {
  constexpr int kWorkers = 3;
  const CrewPlan plan = plan_of(reporting, GetParam(), "none", kWorkers, 2);
  Host host(plan);
  for (const std::uint64_t operations : {5, 2}) {
    const RoundReport report = host.run_round(operations, kPatience);
    ASSERT_EQ(report.figures.size(), 3U);
    EXPECT_EQ(report.figures[0].count, kWorkers * operations);
    EXPECT_EQ(report.figures[0].sum, static_cast<double>(kWorkers * operations));
    EXPECT_EQ(report.figures[1].sum, static_cast<double>(3 * operations));
    EXPECT_EQ(report.figures[1].least, 0);
    EXPECT_EQ(report.figures[1].most, kWorkers - 1);
    EXPECT_EQ(report.figures[2].count, 0U);
  }
  host.stop(kPatience);
}

const MatrixFigure distance{"distance", "", "How far apart two indexes are"};

Task report_pairs(Worker& worker) {
  while (worker.next()) {
    for (int other = 0; other < worker.count(); ++other)
      if (other != worker.index())
        worker.report(distance, worker.index(), other,
                      std::abs(other - worker.index()) + static_cast<double>(worker.remaining()));
    co_await worker.turn();
  }
}
const Workload measuring = make_workload("measuring", "test", "", &report_pairs, distance);

TEST_P(Figures, MatrixHasTheLeastOfEachPairAndBeginsAnewEachRound) {
  constexpr int kWorkers = 3;
  const CrewPlan plan = plan_of(measuring, GetParam(), "none", kWorkers, 2);
  Host host(plan);
  for (const std::uint64_t operations : {5, 0}) {
    const std::vector<double> matrix = host.run_round(operations, kPatience).matrix;
    ASSERT_EQ(matrix.size(), 9U);
    for (int i = 0; i < kWorkers; ++i)
      for (int j = 0; j < kWorkers; ++j) {
        const double cell = matrix[static_cast<std::size_t>(i * kWorkers + j)];
        if (i == j || operations == 0) EXPECT_TRUE(std::isnan(cell));
        else EXPECT_EQ(cell, std::abs(i - j));
      }
  }
  host.stop(kPatience);
}

INSTANTIATE_TEST_SUITE_P(Models, Figures, ::testing::ValuesIn(models()),
                         [](const auto& one) { return one.param.name; });

Task report_what_is_none_of_its_own(Worker& worker) {
  const Figure stranger{"stranger", "", Combine::sum, ""};
  worker.report(stranger, 1);
  co_return;
}

TEST_F(LeavesNothing, AFigureThatIsNotDeclaredIsADefectThatIsNamed) {
  const Workload strange =
      make_workload("strange", "test", "", &report_what_is_none_of_its_own, turns);
  EXPECT_THAT(failure_of(plan_of(strange, find_model("threads"), "none", 1)), ::testing::Ne(""));
}

TEST_F(LeavesNothing, AMatrixIsForSoManyWorkersAtMost) {
  EXPECT_THAT(failure_of(plan_of(measuring, find_model("coroutines"), "none",
                                 MatrixFigure::kMostWorkers + 1)),
              ::testing::HasSubstr("use at most 512"));
}

TEST(Figure, IsDeclaredOnceAndOneOfSixteen) {
  Workload workload;
  describe(workload, turns);
  EXPECT_EXIT(describe(workload, turns), kInternalError, "declares a figure twice");
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kMostFigures; ++i) names.push_back("figure" + std::to_string(i));
  std::vector<Figure> many;
  for (const std::string& name : names) many.push_back({name.c_str(), "", Combine::sum, ""});
  for (std::size_t i = 1; i < kMostFigures; ++i) describe(workload, many[i]);
  EXPECT_EXIT(describe(workload, many[0]), kInternalError, "too many figures");
}

}  // namespace
}  // namespace convoy::contract
