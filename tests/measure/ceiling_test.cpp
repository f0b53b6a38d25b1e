// What a benchmark's own parameters allow at most.
#include "harness/measure/ceiling.hpp"

#include <gtest/gtest.h>

namespace convoy {
namespace {

Case mixed(const char* model, const char* gil, int workers, const char* cpu, const char* wait) {
  Case c;
  c.workload = &find_workload("mixed");
  c.arguments = c.workload->initial_arguments();
  for (const auto& [name, text] : {std::pair("cpu", cpu), std::pair("wait", wait)}) {
    const std::size_t index = c.workload->parameter_index(name);
    c.arguments[index] = c.workload->parameters[index]->parse(text, "mixed");
  }
  c.model = &find_model(model);
  c.gil = parse_gil(gil);
  c.workers = workers;
  c.settle();
  return c;
}

void expect(const Case& c, int cpus, double rate, Limit limit) {
  const std::optional<Ceiling> ceiling = ceiling_of(c, cpus);
  ASSERT_TRUE(ceiling);
  EXPECT_NEAR(ceiling->operations_per_second, rate, rate * 1e-9) << c.name;
  EXPECT_EQ(ceiling->limit, limit) << c.name;
}

TEST(Ceiling, IsWhatTheWorkersCanDoWhereTheyMostlyWait) {
  expect(mixed("threads", "none", 10, "10us", "990us"), 2, 10'000, Limit::workers);
  expect(mixed("coroutines", "cpython32", 10, "10us", "990us"), 2, 10'000, Limit::workers);
  expect(mixed("single", "none", 10, "10us", "990us"), 2, 1'000, Limit::workers);
}

TEST(Ceiling, IsWhatTheCpusCanDoWhereThereAreManyWorkers) {
  expect(mixed("threads", "none", 500, "50us", "5ms"), 2, 40'000, Limit::cpus);
  expect(mixed("coroutines", "none", 500, "50us", "5ms"), 2, 20'000, Limit::cpus);
}

TEST(Ceiling, IsWhatTheLockLetsThrough) {
  expect(mixed("threads", "cpython32", 500, "50us", "5ms"), 2, 20'000, Limit::lock);
  expect(mixed("processes", "cpython32", 500, "50us", "5ms"), 2, 40'000, Limit::cpus);
}

TEST(Ceiling, IsTheLoadWhereRequestsComeByTheClock) {
  Case c;
  c.workload = &find_workload("server_echo");
  c.arguments = c.workload->initial_arguments();
  c.arguments[c.workload->parameter_index("rate")] = 7000;
  c.model = &find_model("threads");
  c.gil = parse_gil("none");
  c.workers = 4;
  c.settle();
  expect(c, 2, 7000, Limit::load);
}

TEST(Ceiling, IsThatOfTheOwnServerOnly) {
  Case c;
  c.workload = &find_workload("io_http_get");
  c.arguments = c.workload->initial_arguments();
  c.arguments[c.workload->parameter_index("delay")] = 1'000'000;
  c.model = &find_model("threads");
  c.gil = parse_gil("none");
  c.workers = 4;
  c.settle();
  expect(c, 2, 4000, Limit::workers);
  c.target = "http://127.0.0.1:1/";
  EXPECT_FALSE(ceiling_of(c, 2));
}

TEST(Ceiling, IsNotKnownWhereNoParameterTells) {
  Case c = mixed("threads", "none", 2, "1us", "0ns");
  c.workload = &find_workload("cpu_pi");
  c.arguments = c.workload->initial_arguments();
  EXPECT_FALSE(ceiling_of(c, 2));
}

}  // namespace
}  // namespace convoy
