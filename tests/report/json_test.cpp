// lint: long because each part of a result file is tested on the same fixture.
#include "harness/report/json.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <csignal>
#include <limits>
#include <nlohmann/json.hpp>

#include "harness/base/interruption.hpp"
#include "harness/measure/gbench.hpp"
#include "harness/report/json_sample.hpp"
#include "tests/measure/cases.hpp"

namespace convoy {
namespace {

using Json = nlohmann::json;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

// A session of made-up samples, and the file it would write.
class ResultFile : public ::testing::Test {
 protected:
  ~ResultFile() override { set_pending_interruption(0); }

  // `fails` says in which pass a benchmark fails; -1: never.
  void measure(std::vector<Case> cases, int passes) {
    cases_ = std::move(cases);
    SessionOptions options;
    options.least_passes = options.most_passes = passes;
    options.minimum_samples = passes + 1;
    options.seed = 42;
    session_ = std::make_unique<Session>(
        cases_, options,
        [this](const Case& c, CaseResult& result, int pass) {
          if (fails_(c, pass)) throw CrewFailure("fell over \xff");
          Sample sample = test::sample_of(value_(c, pass), pass);
          if (distort_) distort_(sample);
          result.budget = 10;
          result.samples.push_back(sample);
        },
        [] { return nanoseconds(0); });
    session_->run({});
  }
  Record record(int rows = 4) {
    return {*session_,         facts_,  GoogleBenchmarks::context_json(),
            arguments_,        "quick", "2025-01-02T03:04:05Z",
            nanoseconds(1000), rows};
  }
  Json whole(int rows = 4) { return Json::parse(result_text(record(rows))); }
  Json track() { return Json::parse(track_text(record())); }
  static std::vector<Json> rows_named(const Json& file, const std::string& name) {
    std::vector<Json> rows;
    for (const Json& row : file.at("benchmarks"))
      if (row.at("name") == name) rows.push_back(row);
    return rows;
  }

  std::function<bool(const Case&, int pass)> fails_ = [](const Case&, int) { return false; };
  std::function<std::int64_t(const Case&, int pass)> value_ = [](const Case&, int pass) {
    return std::int64_t{100} << pass;
  };
  std::function<void(Sample&)> distort_;
  std::vector<std::string> arguments_{"run", "--seed", "42"};
  Facts facts_;
  std::vector<Case> cases_;
  std::unique_ptr<Session> session_;
};

TEST_F(ResultFile, HasGoogleBenchmarksKeysAndOneMore) {
  measure(test::cases_named({"a", "b"}), 6);
  const Json file = whole();
  EXPECT_EQ(file.size(), 3U);
  EXPECT_TRUE(file.at("context").at("caches").is_array());
  EXPECT_TRUE(file.at("context").contains("num_cpus"));
  for (const Json& row : file.at("benchmarks")) {
    EXPECT_EQ(row.at("run_type"), "iteration");
    EXPECT_EQ(row.at("time_unit"), "ns");
    EXPECT_TRUE(row.at("real_time").is_number());
    EXPECT_TRUE(row.at("cpu_time").is_number());
  }
  const Json& convoy = file.at("convoy");
  EXPECT_EQ(convoy.at("schema_version"), 1);
  EXPECT_EQ(convoy.at("seed"), 42);
  EXPECT_EQ(convoy.at("passes"), 6);
  EXPECT_EQ(convoy.at("interrupted"), false);
  EXPECT_EQ(convoy.at("created"), "2025-01-02T03:04:05Z");
  EXPECT_EQ(convoy.at("plan").at("cases"), 2);
  EXPECT_THAT(convoy.at("command_line"), ElementsAre("run", "--seed", "42"));
}

TEST_F(ResultFile, KeepsEverySampleAndSpreadsItsRowsEvenlyOverThem) {
  measure(test::cases_named({"a"}), 10);
  const Json file = whole(4);
  const Json& samples = file.at("convoy").at("rows").at(0).at("samples");
  ASSERT_THAT(samples, SizeIs(10));
  for (std::size_t i = 0; i < 10; ++i) {
    EXPECT_EQ(samples[i].at("pass"), i);
    EXPECT_EQ(samples[i].at("real_time_ns"), 100 << i);
  }
  std::vector<double> times;
  for (const Json& row : rows_named(file, "a")) {
    EXPECT_EQ(row.at("repetition_index"), times.size());
    EXPECT_EQ(row.at("repetitions"), 4);
    times.push_back(row.at("real_time"));
  }
  EXPECT_THAT(times, ElementsAre(100 << 0, 100 << 3, 100 << 6, 100 << 9));
}

TEST_F(ResultFile, GivesEachNameTheSameNumberOfRowsThoughItWasInterrupted) {
  value_ = [](const Case& c, int pass) {
    if (pass == 3 && c.name == "b") set_pending_interruption(SIGINT);
    return std::int64_t{100};
  };
  measure(test::cases_named({"a", "b", "c", "d", "e"}), 9);
  const Json file = whole(6);
  EXPECT_EQ(file.at("convoy").at("interrupted"), true);
  for (const char* name : {"a", "b", "c", "d", "e"})
    EXPECT_THAT(rows_named(file, name), SizeIs(rows_named(file, "a").size()));
  EXPECT_GE(rows_named(file, "a").size(), 3U);
  std::size_t samples = 0;
  for (const Json& row : file.at("convoy").at("rows")) samples += row.at("samples").size();
  EXPECT_GT(samples, 15U);
}

TEST_F(ResultFile, TellsFailuresUnderFailedAndNotAmongTheBenchmarks) {
  fails_ = [](const Case& c, int pass) { return c.name == "b" ? pass == 2 : c.name == "c"; };
  measure(test::cases_named({"a", "b", "c"}), 6);
  const Json file = whole();
  for (const Json& benchmarks : {file.at("benchmarks"), track().at("benchmarks")})
    for (const Json& row : benchmarks) EXPECT_EQ(row.at("name"), "a");
  const Json& failed = file.at("convoy").at("failed");
  ASSERT_THAT(failed, SizeIs(2));
  EXPECT_EQ(failed[0].at("name"), "b");
  EXPECT_EQ(failed[0].at("pass"), 2);
  EXPECT_EQ(failed[0].at("samples"), 2);
  EXPECT_THAT(failed[0].at("reason").get<std::string>(), HasSubstr("fell over"));
  EXPECT_EQ(failed[1].at("name"), "c");
  EXPECT_THAT(rows_named(file, "a"), SizeIs(4)) << "failures cost the others no rows";
}

TEST_F(ResultFile, TracksOneRowANameWithTheMedian) {
  value_ = [](const Case&, int pass) { return std::vector{900, 100, 500, 300, 700}.at(pass); };
  measure(test::cases_named({"a", "b"}), 5);
  const Json file = track();
  EXPECT_FALSE(file.contains("convoy"));
  EXPECT_TRUE(file.at("context").at("caches").is_array());
  ASSERT_THAT(file.at("benchmarks"), SizeIs(2));
  for (const Json& row : file.at("benchmarks")) EXPECT_EQ(row.at("real_time"), 500);
}

TEST_F(ResultFile, HoldsFiniteNumbersOnly) {
  facts_.add("nonsense", std::numeric_limits<double>::quiet_NaN());
  distort_ = [](Sample& sample) {
    sample.wall = nanoseconds(0);
    sample.gil.hold_p50_ns = std::numeric_limits<double>::infinity();
    sample.gil.jain = std::numeric_limits<double>::quiet_NaN();
  };
  measure(test::cases_named({"a"}), 6);
  for (const std::string& text : {result_text(record()), track_text(record())}) {
    EXPECT_THAT(text, Not(HasSubstr("nan")));
    EXPECT_THAT(text, Not(HasSubstr("NaN")));
    EXPECT_THAT(text, Not(HasSubstr("inf")));
    const Json file = Json::parse(text);
    for (const Json& row : file.at("benchmarks"))
      for (const auto& [key, value] : row.items()) EXPECT_FALSE(value.is_null()) << key;
  }
}

TEST_F(ResultFile, SurvivesBytesThatAreNoText) {
  arguments_ = {"run", "--json", "\xff\xfe"};
  fails_ = [](const Case& c, int) { return c.name == "b"; };
  measure(test::cases_named({"a", "b"}), 2);
  EXPECT_THAT(whole().at("convoy").at("command_line"), SizeIs(3));
}

TEST_F(ResultFile, SaysWhyAFactIsUnknown) {
  facts_.add("cpu_model", std::string("Fast"));
  facts_.add_unknown("microcode", "the kernel hides it");
  measure(test::cases_named({"a"}), 1);
  const Json facts = whole().at("convoy").at("facts");
  EXPECT_EQ(facts.at("cpu_model"), "Fast");
  EXPECT_TRUE(facts.at("microcode").at("value").is_null());
  EXPECT_EQ(facts.at("microcode").at("reason"), "the kernel hides it");
}

TEST_F(ResultFile, PutsTheOverheadOfTheSameSurroundingsBesideEachRow) {
  auto cases = test::cases_named({"busy", "null", "null on one", "null without"});
  cases[0].workload = &find_workload("cpu_pi");
  cases[0].arguments = cases[0].workload->initial_arguments();
  cases[0].workers = cases[1].workers = cases[3].workers = 2;
  cases[3].gil = parse_gil("none");
  value_ = [](const Case& c, int) { return c.name == "busy" ? 1000 : c.name == "null" ? 3 : 77; };
  measure(cases, 3);
  const auto& results = session_->results();
  EXPECT_EQ(overhead_of(*session_, results[0]), 3);
  EXPECT_EQ(overhead_of(*session_, results[2]), 77);
  EXPECT_EQ(whole().at("convoy").at("rows").at(0).at("overhead_ns"), 3);
  EXPECT_EQ(rows_named(whole(), "busy").at(0).at("overhead_ns"), 3);

  cases[1].placement.policy.distribution = Distribution::spread;
  measure(cases, 3);
  EXPECT_FALSE(overhead_of(*session_, session_->results()[0]).has_value());
  EXPECT_TRUE(whole().at("convoy").at("rows").at(0).at("overhead_ns").is_null());
  EXPECT_FALSE(rows_named(whole(), "busy").at(0).contains("overhead_ns"));
}

TEST_F(ResultFile, TellsEachSeatsShareOfTheLock) {
  distort_ = [](Sample& sample) {
    SeatCounts& account = sample.seats.front();
    account.acquisitions = 5;
    account.waits = 4;
    account.hold_ns = 3;
    account.wait_ns = 2;
    account.longest_wait_ns = 1;
    account.gil_ns = account.wait_ns;
  };
  auto cases = test::cases_named({"locked", "none"});
  cases[1].gil = parse_gil("none");
  measure(cases, 1);
  const Json rows = whole().at("convoy").at("rows");
  const Json& seat = rows.at(0).at("samples").at(0).at("seats").at(0);
  EXPECT_EQ(seat.at("wait_gil_ns"), 2);
  EXPECT_EQ(seat.at("gil"), Json::parse(R"({"acquisitions": 5, "waits": 4, "hold_ns": 3,
                                            "wait_ns": 2, "longest_wait_ns": 1})"));
  EXPECT_TRUE(rows.at(1).at("samples").at(0).at("seats").at(0).at("gil").is_null());
  EXPECT_TRUE(rows.at(1).at("samples").at(0).at("gil").is_null());
}

TEST_F(ResultFile, HasEveryCounterOfTheTable) {
  distort_ = [](Sample& sample) {
    std::int64_t number = 100;
    for (const SeatCounter& counter : seat_counters())
      sample.seats.front().*counter.member = ++number;
  };
  measure(test::cases_named({"a"}), 1);
  const Json sample = whole().at("convoy").at("rows").at(0).at("samples").at(0);
  const Json& seat = sample.at("seats").at(0);
  std::int64_t number = 100;
  for (const SeatCounter& counter : seat_counters()) {
    ++number;
    const std::string key = key_of(counter);
    const bool of_lock = counter.part == Part::gil;
    if ((counter.told & kInSeat) != 0) {
      EXPECT_EQ((of_lock ? seat.at("gil") : seat).at(key), number);
    }
    if (of_lock || counter.part == Part::hardware) {
      EXPECT_EQ(sample.at(name_of(counter.part)).at(key), number);
    }
  }
}

TEST_F(ResultFile, TellsTheSwitchIntervalAlsoWhereTheNameLeavesItOut) {
  auto cases = test::cases_named({"usual", "short", "counted", "none"});
  cases[0].gil = parse_gil("cpython32");
  cases[1].gil = parse_gil("cpython32:interval=500us");
  cases[2].gil = parse_gil("cpython27");
  cases[3].gil = parse_gil("none");
  measure(cases, 1);
  const Json rows = whole().at("convoy").at("rows");
  std::vector<Json> intervals;
  for (const Json& row : rows) intervals.push_back(row.at("switch_interval_ns"));
  EXPECT_THAT(intervals, ElementsAre(5'000'000, 500'000, nullptr, nullptr));
}

TEST_F(ResultFile, TellsWhatGotLostWhereThatIsCounted) {
  distort_ = [](Sample& sample) { sample.lost = 1; };
  auto cases = test::cases_named({"careless", "sober"});
  Workload careless = *cases[0].workload;
  describe(careless, CountsLost{20});
  cases[0].workload = &careless;
  measure(cases, 1);
  const Json rows = whole().at("convoy").at("rows");
  EXPECT_EQ(rows.at(0).at("samples").at(0).at("lost_per_million"), 5000);
  EXPECT_FALSE(rows.at(1).at("samples").at(0).contains("lost_per_million"));
}

TEST_F(ResultFile, TellsWhatAWorkloadReportsOfItsOwn) {
  distort_ = [](Sample& sample) {
    sample.figures.resize(2);
    sample.figures[0].add(7.5);
  };
  auto cases = test::cases_named({"telling", "silent"});
  const Figure handoff{"handoff_ns", "ns", Combine::mean, ""}, never{"never", "", Combine::max, ""};
  Workload telling = *cases[0].workload;
  describe(telling, handoff);
  describe(telling, never);
  cases[0].workload = &telling;
  measure(cases, 1);
  const Json rows = whole().at("convoy").at("rows");
  EXPECT_EQ(rows.at(0).at("samples").at(0).at("figures"),
            Json::parse(R"({"handoff_ns": 7.5, "never": null})"));
  EXPECT_FALSE(rows.at(1).at("samples").at(0).contains("figures"));
  EXPECT_EQ(rows_named(whole(), "telling").at(0).at("handoff_ns"), 7.5);
  EXPECT_FALSE(rows_named(whole(), "telling").at(0).contains("never"));
}

TEST_F(ResultFile, TellsTheMatrixOfAWorkloadThatHasOne) {
  distort_ = [](Sample& sample) { sample.matrix = {std::nan(""), 7.5, 8, std::nan("")}; };
  auto cases = test::cases_named({"measuring", "silent"});
  const MatrixFigure latency{"latency_ns", "ns", ""};
  Workload measuring = *cases[0].workload;
  describe(measuring, latency);
  cases[0].workload = &measuring;
  cases[0].workers = 2;
  measure(cases, 1);
  const Json rows = whole().at("convoy").at("rows");
  EXPECT_EQ(rows.at(0).at("samples").at(0).at("matrix"),
            Json::parse(R"({"name": "latency_ns", "unit": "ns",
                            "values": [[null, 7.5], [8.0, null]]})"));
  EXPECT_FALSE(rows.at(1).at("samples").at(0).contains("matrix"));
}

TEST_F(ResultFile, TellsWhatTheProcessorCountedWhereItDid) {
  distort_ = [](Sample& sample) {
    static_cast<HardwareCounts&>(sample.seats.front()) = {400, 300, 20, 10, 1};
    sample.seats.push_back(sample.seats.front());
    sample.seats.back().counted_share = 0.5;
  };
  measure(test::cases_named({"counted"}), 1);
  const Json sample = whole().at("convoy").at("rows").at(0).at("samples").at(0);
  EXPECT_EQ(sample.at("hardware"),
            Json::parse(R"({"instructions": 800, "cycles": 600, "cache_misses": 40,
                            "branch_misses": 20, "counted_share": 0.5})"));
  const Json row = rows_named(whole(), "counted").at(0);
  EXPECT_EQ(row.at("instructions"), 80) << "of an operation";
  EXPECT_EQ(row.at("branch_misses"), 2);
  EXPECT_EQ(row.at("counted_share"), 0.5);

  distort_ = [](Sample& told) {
    told.seats.push_back(told.seats.front());
    static_cast<HardwareCounts&>(told.seats.front()) = {400, 300, 20, 10, 1};
  };
  measure(test::cases_named({"refused"}), 1);
  EXPECT_FALSE(whole().at("convoy").at("rows").at(0).at("samples").at(0).contains("hardware"));
  EXPECT_FALSE(rows_named(whole(), "refused").at(0).contains("cycles"));
}

TEST_F(ResultFile, TellsMemoryWhereTheKernelDoes) {
  distort_ = [](Sample& sample) { sample.memory = {50'000, 40'000, {}, ""}; };
  measure(test::cases_named({"told"}), 1);
  Json sample = whole().at("convoy").at("rows").at(0).at("samples").at(0);
  EXPECT_EQ(sample.at("peak_rss_bytes"), 50'000);
  EXPECT_EQ(sample.at("pss_bytes"), 40'000);
  EXPECT_EQ(rows_named(whole(), "told").at(0).at("bytes_per_worker"), 40'000);

  distort_ = [](Sample& told) { told.memory = {}; };
  measure(test::cases_named({"untold"}), 1);
  sample = whole().at("convoy").at("rows").at(0).at("samples").at(0);
  EXPECT_TRUE(sample.at("peak_rss_bytes").is_null());
  EXPECT_FALSE(sample.contains("pss_bytes"));
  EXPECT_FALSE(rows_named(whole(), "untold").at(0).contains("peak_rss_bytes"));
}

TEST_F(ResultFile, IsValidWithoutAnySample) {
  fails_ = [](const Case&, int) { return true; };
  measure(test::cases_named({"a"}), 1);
  EXPECT_THAT(whole().at("benchmarks"), SizeIs(0));
  EXPECT_THAT(whole().at("convoy").at("rows"), SizeIs(0));
  EXPECT_THAT(track().at("benchmarks"), SizeIs(0));
}

TEST(JsonQuoted, EscapesWhatNeedsIt) {
  EXPECT_EQ(json_quoted("a\"b\n"), "\"a\\\"b\\n\"");
  EXPECT_NO_THROW(json_quoted("\xff"));
}

}  // namespace
}  // namespace convoy
