// What a pool and its futures promise, under every model and with and without an interpreter lock.
// lint: long because each promise is a workload of its own
#include <gmock/gmock.h>

#include <array>
#include <atomic>
#include <optional>
#include <string>

#include "harness/sync/event.hpp"
#include "harness/sync/pool.hpp"
#include "tests/contract/sync_ways.hpp"

namespace convoy::contract {
namespace {

using ::testing::HasSubstr;

class Pools : public Sync {};
INSTANTIATE_TEST_SUITE_P(Ways, Pools, testing::ValuesIn(ways()), name_of_way);

const Synced<Pool> pool{
    "pool", [](const Setup& setup) { return PoolSize{std::max(1, setup.workers() - 1), 16}; }};
const Synced<Event> go{"go"};

void demand(bool right, const char* what) {
  if (!right) throw std::logic_error(what);
}

struct Seen {
  std::array<std::atomic<int>, 256> runs{};
  std::array<std::atomic<int>, 256> callbacks{};
  std::array<std::int64_t, 256> squares{};
  std::atomic<int> last{-1}, overtaken{0}, cancelled{0};
};
const SharedValue<Seen> seen;

std::int64_t square(Worker&, std::int64_t number) {
  ++seen->runs[static_cast<std::size_t>(number)];
  return number * number;
}

// All but worker 0, which hands in: run jobs until the pool is closed, and let others run in
// between.
Task serve_in_turns(Worker& worker, bool after_go) {
  while (worker.next()) {
    if (after_go) co_await worker[go].wait(worker);
    for (;;) {
      const Job job = co_await worker[pool].next(worker);
      if (!job) break;
      job.run(worker);
      co_await worker.turn();
    }
  }
}
template <Task (*hand_in)(Worker&), bool after_go = false>
Task served(Worker& worker) {
  return worker.index() == 0 ? hand_in(worker) : serve_in_turns(worker, after_go);
}

// --- Every task runs once, and its result is the one that its future has.
Task submit_squares(Worker& worker) {
  while (worker.next()) {
    for (std::int64_t round = 0; round < 10; ++round) {
      const Future<std::int64_t> first = co_await worker[pool].submit(worker, &square, 4 * round);
      const Future<std::int64_t> second =
          co_await worker[pool].submit(worker, &square, 4 * round + 1);
      const Future<std::int64_t> third =
          co_await worker[pool].submit(worker, &square, 4 * round + 2);
      const std::int64_t of_third = co_await third.result(worker);
      const std::int64_t of_first = co_await first.result(worker);
      const std::optional<std::int64_t> of_second = co_await second.result(worker, 10s);
      demand(of_first == 16 * round * round && of_third == (4 * round + 2) * (4 * round + 2) &&
                 of_second == (4 * round + 1) * (4 * round + 1),
             "a wrong result");
    }
    worker[pool].close();
  }
}
const Workload submitting = make_workload("submitting", "test", "", &served<&submit_squares>, pool);

TEST_P(Pools, RunEveryTaskOnceAndReturnItsResult) {
  seen.reset();
  EXPECT_EQ(failure(submitting, 3), "");
  for (std::size_t i = 0; i < 40; ++i) ASSERT_EQ(seen->runs[i], i % 4 == 3 ? 0 : 2) << i;
}

// --- More than there is room for: who does not ask for results waits for room.
Task submit_many(Worker& worker) {
  while (worker.next()) {
    for (std::int64_t i = 0; i < 200; ++i) {
      const Future<std::int64_t> future = co_await worker[pool].submit(worker, &square, i);
      future.detach();
    }
    worker[pool].close();
  }
}
const Workload submitting_many = make_workload("many", "test", "", &served<&submit_many>, pool);

TEST_P(Pools, SubmittingWaitsForRoom) {
  seen.reset();
  EXPECT_EQ(failure(submitting_many, 4), "");
  for (std::size_t i = 0; i < 200; ++i) ASSERT_EQ(seen->runs[i], 2) << i;
}

// --- One server: in the order in which they were submitted.
std::int64_t note_order(Worker&, std::int64_t number) {
  if (seen->last.exchange(static_cast<int>(number)) != number - 1) ++seen->overtaken;
  return number;
}
Task submit_in_order(Worker& worker) {
  while (worker.next()) {
    for (std::int64_t i = 0; i < 50; ++i) {
      const Future<std::int64_t> future = co_await worker[pool].submit(worker, &note_order, i);
      future.detach();
    }
    worker[pool].close();
  }
}
const Workload submitting_in_order =
    make_workload("in_order", "test", "", &served<&submit_in_order>, pool);

TEST_P(Pools, BeginTasksInTheOrderTheyWereSubmitted) {
  seen.reset();
  const CrewPlan planned = plan(submitting_in_order, 2);
  EXPECT_EQ(failure_of(planned, 1), "");
  EXPECT_EQ(seen->overtaken, 0);
  EXPECT_EQ(seen->last, 49);
}

// --- Several submit, and everybody serves.
Task submit_all(Worker& worker) {
  while (worker.next()) {
    for (std::int64_t i = 0; i < 10; ++i) {
      const std::int64_t number = worker.index() * 10 + i;
      const Future<std::int64_t> future = co_await worker[pool].submit(worker, &square, number);
      worker[pool].help(worker);
      const std::int64_t result = co_await future.result(worker);
      demand(result == number * number, "another's result");
    }
  }
}
const Workload submitting_all = make_workload("all", "test", "", &submit_all, pool);

TEST_P(Pools, EveryWorkerMaySubmit) {
  seen.reset();
  EXPECT_EQ(failure(submitting_all, 4), "");
  for (std::size_t i = 0; i < 40; ++i) ASSERT_EQ(seen->runs[i], 2) << i;
}

// --- Maps.
std::int64_t square_index(Worker& worker, std::int64_t number) { return square(worker, number); }
std::int64_t fail_at_seven(Worker&, std::int64_t number) {
  if (number == 7) throw std::runtime_error("seven is not liked");
  return number;
}
Task map_squares(Worker& worker) {
  while (worker.next()) {
    for (const std::int64_t chunk : {1, 7, 500}) {
      seen->squares = {};
      const Future<std::int64_t> all =
          worker[pool].map(worker, &square_index, 100, chunk, seen->squares.data());
      const std::int64_t count = co_await all.result(worker);
      demand(count == 100, "not all");
      for (std::int64_t i = 0; i < 100; ++i)
        demand(seen->squares[static_cast<std::size_t>(i)] == i * i, "a wrong element");
    }
    const Future<std::int64_t> none =
        worker[pool].map(worker, &square_index, 0, 1, seen->squares.data());
    const std::int64_t count = co_await none.result(worker);
    demand(count == 0, "more than none");
    const Future<std::int64_t> failing =
        worker[pool].map(worker, &fail_at_seven, 100, 1, seen->squares.data());
    std::string what;
    try {
      co_await failing.result(worker);
    } catch (const TaskFailed& failed) {
      what = failed.what();
    }
    demand(what.ends_with("seven is not liked"), "the wrong error");
    worker[pool].close();
  }
}
const Workload mapping = make_workload("mapping", "test", "", &served<&map_squares>, pool);

TEST_P(Pools, MapCallsEveryNumberOnceAndStoresWhatItReturns) {
  seen.reset();
  EXPECT_EQ(failure(mapping, 3), "");
  for (std::size_t i = 0; i < 100; ++i) ASSERT_EQ(seen->runs[i], 2 * 3) << i;
}

// --- One map after another, in a pool that has room for one.
const Synced<Pool> narrow{"narrow", [](const Setup& setup) {
                            return PoolSize{setup.workers() - 1, setup.workers() - 1};
                          }};
Task map_again(Worker& worker) {
  while (worker.next()) {
    if (worker.index() != 0) {
      for (;;) {
        const Job job = co_await worker[narrow].next(worker);
        if (!job) break;
        job.run(worker);
      }
    } else {
      for (int i = 0; i < 200; ++i) {
        const Future<std::int64_t> all =
            worker[narrow].map(worker, &square_index, 100, 1, seen->squares.data());
        const std::int64_t count = co_await all.result(worker);
        demand(count == 100, "not all");
      }
      worker[narrow].close();
    }
  }
}
const Workload mapping_again = make_workload("again", "test", "", &map_again, narrow);

TEST_P(Pools, MapsFollowEachOtherInTheSamePlaces) {
  seen.reset();
  EXPECT_EQ(failure(mapping_again, 3), "");
  for (std::size_t i = 0; i < 100; ++i) ASSERT_EQ(seen->runs[i], 2 * 200) << i;
}

// --- What throws fails its future and nothing else; callbacks are told before.
std::int64_t fail_if_odd(Worker&, std::int64_t number) {
  if (number % 2 != 0) throw std::runtime_error("odd: " + std::to_string(number));
  return number;
}
void count_callback(Worker&, const TaskOutcome<std::int64_t>& outcome) {
  if (outcome.result) ++seen->callbacks[static_cast<std::size_t>(*outcome.result)];
  else if (outcome.error.starts_with("odd: ")) ++seen->callbacks[255];
}
Task submit_failing(Worker& worker) {
  while (worker.next()) {
    for (std::int64_t i = 0; i < 20; ++i) {
      const Future<std::int64_t> future =
          co_await worker[pool].submit(worker, &fail_if_odd, i, &count_callback);
      bool failed = false;
      try {
        const std::int64_t result = co_await future.result(worker);
        demand(result == i && seen->callbacks[static_cast<std::size_t>(i)] > 0, "not told");
      } catch (const TaskFailed& error) {
        failed = std::string(error.what()).ends_with(": odd: " + std::to_string(i));
      }
      demand(failed == (i % 2 != 0), "the wrong end");
    }
    worker[pool].close();
  }
}
const Workload submitting_failing =
    make_workload("failing", "test", "", &served<&submit_failing>, pool);

TEST_P(Pools, TaskThatThrowsFailsItsFutureAndNothingElse) {
  seen.reset();
  EXPECT_EQ(failure(submitting_failing, 3), "");
  EXPECT_EQ(seen->callbacks[255], 2 * 10);
}

// --- Cancelling: before they begin, one by one and with the pool.
Task cancel_some(Worker& worker) {
  while (worker.next()) {
    const Future<std::int64_t> kept = co_await worker[pool].submit(worker, &square, 1);
    const Future<std::int64_t> dropped = co_await worker[pool].submit(worker, &square, 2);
    const Future<std::int64_t> ignored = co_await worker[pool].submit(worker, &square, 3);
    demand(dropped.cancel() && !dropped.cancel() && ignored.cancel(), "not cancelled");
    ignored.detach();
    try {
      co_await dropped.result(worker);
    } catch (const TaskCancelled&) {
      ++seen->cancelled;
    }
    worker[go].set(worker);
    const std::int64_t result = co_await kept.result(worker);
    demand(result == 1 && kept.cancel() == false, "a wrong result");
    for (std::int64_t i = 0; i < 40; ++i) {  // their places are free again
      const Future<std::int64_t> one = co_await worker[pool].submit(worker, &square, 4);
      const std::int64_t sixteen = co_await one.result(worker);
      demand(sixteen == 16, "a wrong result");
    }
    worker[pool].close();
  }
}
const Workload cancelling =
    make_workload("cancelling", "test", "", &served<&cancel_some, true>, pool, go);

Task close_with_work(Worker& worker) {
  while (worker.next()) {
    const Future<std::int64_t> one = co_await worker[pool].submit(worker, &square, 1);
    const Future<std::int64_t> two = co_await worker[pool].submit(worker, &square, 2);
    const Future<std::int64_t> all =
        worker[pool].map(worker, &square_index, 3, 1, seen->squares.data());
    worker[pool].close(true);
    for (const Future<std::int64_t>& future : {one, two, all}) {
      try {
        co_await future.result(worker);
      } catch (const TaskCancelled&) {
        ++seen->cancelled;
      }
    }
    worker[go].set(worker);
  }
}
const Workload closing_at_once =
    make_workload("closing", "test", "", &served<&close_with_work, true>, pool, go);

TEST_P(Pools, WhatIsCancelledNeverRuns) {
  seen.reset();
  EXPECT_EQ(failure(cancelling, 3), "");
  EXPECT_EQ(seen->runs[1], 2);
  EXPECT_EQ(seen->runs[2], 0);
  EXPECT_EQ(seen->runs[3], 0);
  EXPECT_EQ(seen->cancelled, 2);
  seen.reset();
  EXPECT_EQ(failure(closing_at_once, 2), "");
  EXPECT_EQ(seen->runs[0] + seen->runs[1] + seen->runs[2], 0);
  EXPECT_EQ(seen->cancelled, 2 * 3);
}

Task close_and_wait(Worker& worker) {
  while (worker.next()) {
    const Future<std::int64_t> one = co_await worker[pool].submit(worker, &square, 1);
    const Future<std::int64_t> two = co_await worker[pool].submit(worker, &square, 2);
    worker[pool].close();
    worker[go].set(worker);
    const std::int64_t of_one = co_await one.result(worker);
    const std::int64_t of_two = co_await two.result(worker);
    demand(of_one + of_two == 5, "a wrong result");
  }
}
const Workload closing_with_work =
    make_workload("with_work", "test", "", &served<&close_and_wait, true>, pool, go);

TEST_P(Pools, ClosedWithWorkInItDoesThatWork) {
  seen.reset();
  EXPECT_EQ(failure(closing_with_work, 2), "");
  EXPECT_EQ(seen->runs[1], 2);
}

// --- Limits.
Task wait_in_vain(Worker& worker) {
  while (worker.next()) {
    const Job job = co_await worker[pool].next(worker, 200us);
    demand(!job, "a job that nobody handed in");
    const Future<std::int64_t> one = co_await worker[pool].submit(worker, &square, 1);
    const Future<std::int64_t> two = co_await worker[pool].submit(worker, &square, 2);
    const std::optional<std::int64_t> none = co_await one.result(worker, 200us);
    demand(!none && !one.done(), "a result of what did not run");
    worker[pool].try_next(worker).run(worker);
    demand(one.done() && !two.done(), "the wrong one has run");
    const std::optional<std::int64_t> late = co_await two.result(worker, 200us);
    demand(!late, "a result of what did not run");
    worker[pool].try_next(worker).run(worker);
    const std::int64_t of_one = co_await one.result(worker);
    const std::int64_t of_two = co_await two.result(worker);
    demand(of_one == 1 && of_two == 4, "a wrong result");
  }
}
const Workload waiting_in_vain = make_workload("in_vain", "test", "", &wait_in_vain, pool);

TEST_P(Pools, WaitsEndAtTheirLimit) { EXPECT_EQ(failure(waiting_in_vain, 1, 3), ""); }

// --- Misuse.
Task submit_to_closed(Worker& worker) {
  while (worker.next()) {
    worker[pool].close();
    const Future<std::int64_t> future = co_await worker[pool].submit(worker, &square, 1);
    future.detach();
  }
}
Task ask_twice(Worker& worker) {
  while (worker.next()) {
    const Future<std::int64_t> future = co_await worker[pool].submit(worker, &square, 1);
    worker[pool].try_next(worker).run(worker);
    co_await future.result(worker);
    co_await future.result(worker);
  }
}
Task ask_for_nothing(Worker& worker) {
  while (worker.next())
    for (int i = 0; i < 17; ++i) {
      [[maybe_unused]] const Future<std::int64_t> future =
          co_await worker[pool].submit(worker, &square, 1);
    }
}
const Workload submitting_to_closed = make_workload("closed", "test", "", &submit_to_closed, pool);
const Workload asking_twice = make_workload("twice", "test", "", &ask_twice, pool);
const Workload asking_for_nothing = make_workload("nothing", "test", "", &ask_for_nothing, pool);

TEST_P(Pools, MisuseNamesPoolWorkerAndRule) {
  EXPECT_THAT(failure(submitting_to_closed, 1),
              HasSubstr("worker 0, pool 'pool': a task was submitted after it was closed"));
  EXPECT_THAT(failure(asking_twice, 1),
              HasSubstr("worker 0, pool 'pool': a future was asked again"));
  EXPECT_THAT(failure(asking_for_nothing, 1),
              HasSubstr("worker 0, pool 'pool': full of tasks whose results nobody has asked for"));
}

const Synced<Pool> of_nobody{"of_nobody", PoolSize{0, 16}};
const Synced<Pool> without_room{"without_room", PoolSize{1, 0}};
template <const Synced<Pool>& wrong>
Task touch(Worker& worker) {
  while (worker.next()) worker.keep(worker[wrong].servers());
  co_return;
}
const Workload touching_nobody =
    make_workload("of_nobody", "test", "", &touch<of_nobody>, of_nobody);
const Workload touching_no_room =
    make_workload("without_room", "test", "", &touch<without_room>, without_room);

TEST_P(Pools, NoneOfNobodyAndNoneWithoutRoom) {
  EXPECT_THAT(failure(touching_nobody, 1),
              HasSubstr("pool 'of_nobody' of 0 workers: give it 1 or more"));
  EXPECT_THAT(failure(touching_no_room, 1),
              HasSubstr("pool 'without_room' with room for 0 tasks: give it 1 to "));
}

}  // namespace
}  // namespace convoy::contract
