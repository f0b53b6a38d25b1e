#include "harness/measure/row_counters.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <map>
#include <set>

#include "harness/measure/sampler.hpp"
#include "tests/measure/cases.hpp"

namespace convoy {
namespace {

using ::testing::Contains;
using ::testing::Key;
using ::testing::Not;

GilAccount account_of(std::int64_t hold_ns) {
  GilAccount account;
  account.hold_ns = hold_ns;
  account.acquisitions = 1;
  account.holds.add(hold_ns);
  return account;
}

double jain_of(const std::vector<std::int64_t>& holds) {
  std::vector<GilAccount> accounts;
  for (const std::int64_t hold : holds) accounts.push_back(account_of(hold));
  return summarise(accounts).jain;
}

TEST(Summarise, FindsTheMedianHoldOfAllSeats) {
  const GilSample sum = summarise({account_of(10), account_of(30)});
  EXPECT_GE(sum.hold_p50_ns, 10);
  EXPECT_LE(sum.hold_p50_ns, 30);
}

TEST(Summarise, MeasuresFairness) {
  EXPECT_DOUBLE_EQ(jain_of({5, 5, 5, 5}), 1);
  EXPECT_DOUBLE_EQ(jain_of({5, 0, 0, 0}), 0.25);
  EXPECT_DOUBLE_EQ(jain_of({1, 3}), 16.0 / 20);
  EXPECT_DOUBLE_EQ(jain_of({0, 0}), 1) << "nobody held it, so nobody is wronged";
  EXPECT_DOUBLE_EQ(jain_of({}), 1);
}

TEST(Sample, TellsTheTimeOfOneOperation) {
  const Sample sample = test::sample_of(100);
  EXPECT_DOUBLE_EQ(sample.real_time_ns(), 100);
  EXPECT_DOUBLE_EQ(sample.cpu_time_ns(), 50);
}

TEST(Sample, AddsUpItsSeats) {
  Sample sample = test::sample_of(100);
  sample.seats.push_back(sample.seats.front());
  sample.seats[0].io_ns = 3;
  sample.seats[1].io_ns = 4;
  sample.seats[1].page_faults = 9;
  sample.seats[0].longest_wait_ns = 5;
  sample.seats[1].longest_wait_ns = 6;
  const SeatCounts totals = sample.totals();
  EXPECT_EQ(totals.io_ns, 7);
  EXPECT_EQ(totals.page_faults, 9);
  EXPECT_EQ(totals.longest_wait_ns, 6);
  EXPECT_EQ(totals.cpu_ns, sample.wall.count());
}

// Whatever the table has reaches the sums of a sample and its row; see tests/report for JSON.
TEST(EveryCounter, IsCombinedOverTheSeats) {
  for (const SeatCounter& counter : seat_counters()) {
    std::vector<SeatCounts> seats(2);
    seats[0].*counter.member = 30;
    seats[1].*counter.member = 40;
    const std::int64_t whole = counter.combine == Combine::max ? 40 : 70;
    EXPECT_EQ(totals_of(seats).*counter.member, whole) << counter.full_name();
    seats[1].*counter.member = -1;
    EXPECT_EQ(totals_of(seats).*counter.member, -1) << counter.full_name();
  }
}

class RowCounters : public ::testing::Test {
 protected:
  explicit RowCounters(const std::string& workload = "null")
      : cases_(test::cases_named({"c"}, workload)) {
    result_.benchmark = cases_.data();
    result_.samples = {test::sample_of(100)};
  }
  std::map<std::string, double> counters(std::optional<double> overhead = {}) const {
    std::map<std::string, double> counters;
    for (const auto& [name, value] : counters_of(result_, result_.samples.back(), overhead)) {
      EXPECT_TRUE(std::isfinite(value)) << name;
      EXPECT_TRUE(counters.emplace(name, value).second) << name << " twice";
    }
    return counters;
  }

  std::vector<Case> cases_;
  CaseResult result_;
};

TEST_F(RowCounters, TellWhatWasMeasured) {
  auto counters = this->counters(7.5);
  EXPECT_EQ(counters["workers"], 1);
  EXPECT_EQ(counters["operations"], 10);
  EXPECT_DOUBLE_EQ(counters["ops_per_second"], 1e7);
  EXPECT_EQ(counters["overhead_ns"], 7.5);
  EXPECT_EQ(counters["pinned"], 1);
  EXPECT_EQ(counters["converged"], 0);
  EXPECT_EQ(counters["gil_jain"], 1);
  EXPECT_EQ(counters["cpu_ns"], 500);
}

TEST_F(RowCounters, TellWhatTheTableSaysIsInRows) {
  for (const SeatCounter& counter : seat_counters()) {
    SeatCounts& seat = result_.samples.back().seats.back();
    const SeatCounts before = seat;
    seat.*counter.member = 40;
    std::size_t told = 0;
    for (const auto& [name, value] : counters()) {
      if (!name.starts_with(counter.full_name())) continue;
      ++told;
      const bool of_operation = counter.combine == Combine::per_operation;
      const bool of_second = counter.combine == Combine::per_second;
      EXPECT_DOUBLE_EQ(value, of_operation ? 4 : of_second ? 4e7 : 40) << name;
    }
    EXPECT_EQ(told, (counter.told & kInRow) != 0 ? 1U : 0U) << counter.full_name();
    seat = before;
  }
}

TEST_F(RowCounters, AreTheOnesThatAreDocumented) {
  std::set<std::string> documented;
  for (const RowCounter& counter : row_counters()) {
    EXPECT_TRUE(documented.insert(counter.name).second) << counter.name << " twice";
    EXPECT_TRUE(counter.description.ends_with(".")) << counter.name;
  }
  for (const Workload& workload : workloads())
    for (const Figure* figure : workload.figures)
      EXPECT_FALSE(documented.contains(figure->name)) << workload.name << ": " << figure->name;
}

TEST_F(RowCounters, TellWhatTheLockDid) {
  SeatCounts& gil = result_.samples.back().seats.back();
  gil.longest_wait_ns = 70;
  gil.steals = 2;
  gil.waits = 3;
  gil.voluntary_releases = 4;
  auto counters = this->counters();
  EXPECT_EQ(counters["gil_longest_wait_ns"], 70);
  EXPECT_EQ(counters["gil_steals"], 2);
  EXPECT_EQ(counters["gil_waits"], 3);
  EXPECT_EQ(counters["gil_voluntary_releases"], 4);
}

TEST_F(RowCounters, LeaveOutWhatHasNoMeaning) {
  EXPECT_THAT(counters(), Not(Contains(Key("overhead_ns"))));
  EXPECT_THAT(counters(), Not(Contains(Key("bytes_per_second"))));
  EXPECT_THAT(counters(), Not(Contains(Key("latency_p50_ns"))));
  EXPECT_THAT(counters(), Contains(Key("gil_switches_per_second")));
  cases_[0].gil = parse_gil("none");
  EXPECT_THAT(counters(), Not(Contains(Key("gil_switches_per_second"))));
}

TEST_F(RowCounters, LeaveOutWhatTheKernelDidNotTellOfEverySeat) {
  auto& seats = result_.samples[0].seats;
  seats[0].run_delay_ns = 40;
  seats.push_back(seats[0]);
  EXPECT_EQ(counters()["run_delay_ns"], 80);
  EXPECT_EQ(counters()["migrations"], 0);
  seats[1].run_delay_ns = -1;
  seats[1].migrations = -1;
  EXPECT_THAT(counters(), Not(Contains(Key("run_delay_ns"))));
  EXPECT_THAT(counters(), Not(Contains(Key("migrations"))));
}

TEST_F(RowCounters, TellOfASignalStormWhereThereWasOne) {
  EXPECT_THAT(counters(), Not(Contains(Key("gil_storm_releases"))));
  SeatCounts& gil = result_.samples.back().seats.back();
  gil.signals_handled = 1;
  gil.storm_checkpoints = 5;
  auto counters = this->counters();
  EXPECT_EQ(counters["gil_signals_handled"], 1);
  EXPECT_EQ(counters["gil_storm_checkpoints"], 5);
  EXPECT_EQ(counters["gil_storm_releases"], 0);
}

TEST_F(RowCounters, TellOfAMillionUpdatesHowManyGotLost) {
  result_.samples.back().lost = 3;
  EXPECT_THAT(counters(), Not(Contains(Key("lost_per_million")))) << "nobody counts here";
  Workload careless = *cases_[0].workload;
  describe(careless, CountsLost{20});
  cases_[0].workload = &careless;
  EXPECT_DOUBLE_EQ(counters()["lost_per_million"], 3 * 1e6 / (10 * 20));
}

TEST_F(RowCounters, TellWhatTheWorkloadReports) {
  const Figure handoff{"handoff_ns", "ns", Combine::mean, ""},
      empty{"empty_ns", "ns", Combine::max, ""};
  const Figure tries{"tries", "", Combine::per_operation, ""}, odd{"odd", "", Combine::sum, ""};
  Workload telling = *cases_[0].workload;
  for (const Figure* figure : {&handoff, &empty, &tries, &odd}) describe(telling, *figure);
  cases_[0].workload = &telling;
  Sample& sample = result_.samples.back();
  sample.figures.resize(4);
  for (const double value : {3, 5}) sample.figures[0].add(value);
  sample.figures[2].add(20);
  sample.figures[3].add(std::nan(""));
  auto counters = this->counters();
  EXPECT_EQ(counters["handoff_ns"], 4);
  EXPECT_EQ(counters["tries"], 2);
  EXPECT_THAT(counters, Not(Contains(Key("empty_ns"))));
  EXPECT_THAT(counters, Not(Contains(Key("odd"))));
  sample.figures.clear();
  EXPECT_THAT(this->counters(), Not(Contains(Key("handoff_ns"))));
  EXPECT_EQ(this->counters()["tries"], 0);
}

TEST_F(RowCounters, TellLatencies) {
  for (int i = 1; i <= 1000; ++i) result_.latency.add(i);
  auto counters = this->counters();
  EXPECT_DOUBLE_EQ(counters["latency_mean_ns"], 500.5);
  EXPECT_EQ(counters["latency_max_ns"], 1000);
  EXPECT_NEAR(counters["latency_p50_ns"], 500, 5);
  EXPECT_NEAR(counters["latency_p999_ns"], 999, 10);
}

TEST_F(RowCounters, TellBytesWhereOperationsMoveSome) {
  Workload moving = *cases_[0].workload;
  const Parameter bytes{"bytes", Bytes{64}, "", Bytes{1}, Bytes{1024}};
  describe(moving, bytes);
  describe(moving, Throughput{bytes});
  cases_[0].workload = &moving;
  cases_[0].arguments = {128};
  EXPECT_DOUBLE_EQ(counters()["bytes_per_second"], 128 * 1e7);
}

TEST(CaseResult, KnowsItsMedianAndHowPreciseItIs) {
  CaseResult result;
  for (const int each : {100, 104, 98, 102, 96}) result.samples.push_back(test::sample_of(each));
  EXPECT_EQ(result.median_ns(), 100);
  EXPECT_FALSE(result.precision().has_value()) << "five samples say nothing at 95 %";
  result.samples.push_back(test::sample_of(100));
  ASSERT_TRUE(result.interval_ns().has_value());
  EXPECT_EQ(result.interval_ns()->low, 96);
  EXPECT_EQ(result.interval_ns()->high, 104);
  EXPECT_DOUBLE_EQ(*result.precision(), 0.04);
}

TEST(TotalChecksum, AddsWithoutOverflowing) {
  EXPECT_EQ(total_checksum({}), 0U);
  EXPECT_EQ(total_checksum({~0ULL, 2, 3}), 4U);
  EXPECT_EQ(total_checksum({1, 2}), total_checksum({2, 1}));
}

}  // namespace
}  // namespace convoy
