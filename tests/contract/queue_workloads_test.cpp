// The workloads of queues under every model and with and without an interpreter lock: round after
// round they lose nothing, also with one worker, who puts and gets in turn.
#include <gmock/gmock.h>

#include <string>

#include "tests/contract/sync_ways.hpp"

namespace convoy::contract {
namespace {

using ::testing::HasSubstr;

class QueueWorkloads : public Sync {
 protected:
  // Why rounds of several lengths failed, or lost something; parameters as text.
  std::string failure_with(const std::string& name, int workers,
                           const std::vector<std::pair<std::string, std::string>>& given) const {
    const Workload& workload = find_workload(name);
    std::vector<std::int64_t> arguments = workload.initial_arguments();
    for (const auto& [parameter, text] : given) {
      const std::size_t index = workload.parameter_index(parameter);
      arguments[index] = workload.parameters[index]->parse(text, name);
    }
    CrewPlan planned = plan(workload, workers);
    planned.setup = convoy::Setup(workload, arguments, workers);
    std::size_t lost = 0;
    while (workload.figures.at(lost)->name != std::string("lost")) ++lost;
    try {
      Host host(planned);
      for (const std::uint64_t operations : {1, 40, 7}) {
        const Tally told = host.run_round(operations, kPatience).figures.at(lost);
        if (told.count != 1 || told.sum != 0) return "items were lost";
      }
      host.stop(kPatience);
    } catch (const CrewFailure& failure) {
      return failure.what();
    }
    return {};
  }
  void expect_right(const std::string& name,
                    const std::vector<std::pair<std::string, std::string>>& given) const {
    for (const int workers : {1, 2, 3, 6}) {
      const std::string failure = failure_with(name, workers, given);
      if (failure.find("no message queue is available here") != std::string::npos)
        GTEST_SKIP() << failure;
      EXPECT_EQ(failure, "") << name << " with " << workers << " workers";
    }
  }
};
INSTANTIATE_TEST_SUITE_P(Ways, QueueWorkloads, testing::ValuesIn(ways()), name_of_way);

TEST_P(QueueWorkloads, LoseNothingInAnyOrder) {
  for (const char* name : {"queue_fifo", "queue_lifo", "queue_priority"})
    expect_right(name, {{"capacity", "2"}});
}

TEST_P(QueueWorkloads, AreDealtWithOnceJoinReturns) {
  for (const char* capacity : {"1", "64"}) expect_right("queue_joinable", {{"capacity", capacity}});
}

TEST_P(QueueWorkloads, KeepItemsWholeInSharedMemory) {
  for (const char* capacity : {"1", "64"})
    expect_right("queue_process", {{"capacity", capacity}, {"bytes", "333"}});
}

// Items longer than the pages a pipe is made of, and than half of all of them.
TEST_P(QueueWorkloads, KeepItemsWholeInAPipe) {
  for (const char* bytes : {"32", "5000", "40000"})
    expect_right("queue_process", {{"through", "pipe"}, {"bytes", bytes}});
}

TEST_P(QueueWorkloads, KeepItemsWholeInASocket) {
  for (const char* bytes : {"32", "5000", "40000"})
    expect_right("queue_process", {{"through", "unix_socket"}, {"bytes", bytes}});
}

TEST_P(QueueWorkloads, KeepItemsWholeInAMessageQueue) {
  for (const char* bytes : {"32", "8KiB"})
    expect_right("queue_process", {{"through", "message_queue"}, {"bytes", bytes}});
}

TEST_P(QueueWorkloads, SayWhatToDoWhereAnItemFitsInNoMessage) {
  EXPECT_THAT(failure_with("queue_process", 2, {{"through", "message_queue"}, {"bytes", "9KiB"}}),
              HasSubstr("use --param queue_process.bytes=8KiB or less"));
}

}  // namespace
}  // namespace convoy::contract
