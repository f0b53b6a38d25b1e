// The answer that others are compared with may itself fail: it is named, and asked for once.
#include <gmock/gmock.h>
#include <unistd.h>

#include <atomic>
#include <stdexcept>

#include "harness/measure/sampler.hpp"
#include "tests/contract/crews.hpp"

namespace convoy {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;

const contract::SharedValue<std::atomic<int>> attempts;

Task failing_body(Worker& worker) {
  attempts->fetch_add(1);
  while (worker.next()) throw std::runtime_error("the file is missing");
  co_return;
}
const Workload failing = make_workload("failing", "test", "", &failing_body);

Task hanging_body(Worker& worker) {
  attempts->fetch_add(1);
  // In a call that no virtual time ends.
  while (worker.next()) worker.native([] { return ::pause(); });
  co_return;
}
const Workload hanging = make_workload("hanging_reference", "test", "", &hanging_body);

std::string failure_of(Sampler& sampler, const Workload& workload, const char* model) {
  Case benchmark;
  benchmark.workload = &workload;
  benchmark.model = &find_model(model);
  benchmark.gil = parse_gil("none");
  benchmark.placement.seats = benchmark.seats();
  benchmark.name = name_of(benchmark);
  CaseResult result;
  result.benchmark = &benchmark;
  try {
    sampler.take(benchmark, result, 0);
    return "it was measured";
  } catch (const CrewFailure& failure) {
    return failure.what();
  }
}

TEST(Reference, AFailureOfItIsNamedAndNotWaitedForAgain) {
  struct {
    const Workload* workload;
    const char* reason;
    nanoseconds limit;
  } const kinds[] = {{&failing, "the file is missing", 60s},
                     {&hanging, "did not finish within", 2s}};
  for (const auto& [workload, reason, limit] : kinds) {
    Sampler sampler(Topology::live(), {.minimum_round = 1ms, .round_limit = limit});
    attempts->store(0);
    for (const char* model : {"threads", "processes", "coroutines"})
      EXPECT_THAT(failure_of(sampler, *workload, model),
                  AllOf(HasSubstr(workload->name + " fails under `single`"), HasSubstr(reason)));
    EXPECT_EQ(attempts->load(), 1) << workload->name;
  }
}

}  // namespace
}  // namespace convoy
