#include "harness/measure/sample.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <map>

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

TEST(Summarise, AddsTheSeatsUp) {
  GilAccount first = account_of(10), second = account_of(30);
  first.wait_ns = 5;
  first.longest_wait_ns = 3;
  second.longest_wait_ns = 4;
  second.waits = 2;
  second.switches = 3;
  first.same_worker = 4;
  first.forced_drops = 6;
  second.voluntary_releases = 7;
  second.steals = 8;
  first.signals_handled = 9;
  first.storm_checkpoints = 10;
  second.storm_checkpoints = 11;
  second.storm_releases = 12;
  const GilSample sum = summarise({first, second});
  EXPECT_EQ(sum.hold_ns, 40);
  EXPECT_EQ(sum.wait_ns, 5);
  EXPECT_EQ(sum.longest_wait_ns, 4);
  EXPECT_EQ(sum.acquisitions, 2U);
  EXPECT_EQ(sum.waits, 2U);
  EXPECT_EQ(sum.switches, 3U);
  EXPECT_EQ(sum.same_worker, 4U);
  EXPECT_EQ(sum.forced_drops, 6U);
  EXPECT_EQ(sum.voluntary_releases, 7U);
  EXPECT_EQ(sum.steals, 8U);
  EXPECT_EQ(sum.signals_handled, 9U);
  EXPECT_EQ(sum.storm_checkpoints, 21U);
  EXPECT_EQ(sum.storm_releases, 12U);
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
  sample.seats[0].waits.io_ns = 3;
  sample.seats[1].waits.io_ns = 4;
  sample.seats[1].report.page_faults = 9;
  EXPECT_EQ(sample.total(&SeatWaits::io_ns), 7);
  EXPECT_EQ(sample.total(&SeatReport::page_faults), 9);
  EXPECT_EQ(sample.total(&SeatReport::cpu), sample.wall);
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

TEST_F(RowCounters, TellWhatTheLockDid) {
  GilSample& gil = result_.samples.back().gil;
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
  seats[0].report.run_delay = nanoseconds(40);
  seats.push_back(seats[0]);
  EXPECT_EQ(counters()["run_delay_ns"], 80);
  EXPECT_EQ(counters()["migrations"], 0);
  seats[1].report.run_delay = nanoseconds(-1);
  seats[1].report.migrations = -1;
  EXPECT_THAT(counters(), Not(Contains(Key("run_delay_ns"))));
  EXPECT_THAT(counters(), Not(Contains(Key("migrations"))));
}

TEST_F(RowCounters, TellOfASignalStormWhereThereWasOne) {
  EXPECT_THAT(counters(), Not(Contains(Key("gil_storm_releases"))));
  GilSample& gil = result_.samples.back().gil;
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
