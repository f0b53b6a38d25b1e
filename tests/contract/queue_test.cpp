// What queues and wait groups promise, under every model and with and without an interpreter lock.
// lint: long because each promise is a workload of its own
#include <gmock/gmock.h>

#include <array>
#include <atomic>
#include <optional>
#include <string>

#include "harness/sync/event.hpp"
#include "harness/sync/queue.hpp"
#include "tests/contract/sync_ways.hpp"

namespace convoy::contract {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class Queues : public Sync {};
INSTANTIATE_TEST_SUITE_P(Ways, Queues, testing::ValuesIn(ways()), name_of_way);

struct Item {
  int number = 0, producer = 0;
  bool operator<(const Item& other) const { return number < other.number; }
};

const Synced<Queue<Item>> fifo{"fifo", 3};
const Synced<LifoQueue<Item>> lifo{"lifo", 3};
const Synced<PriorityQueue<Item>> priority{"priority", 6};
const Synced<Event> go{"go"};

Item item_of(int number, int producer = 0) { return {number, producer}; }

void demand(bool right, const char* what) {
  if (!right) throw std::logic_error(what);
}

// --- The order, by one worker that nobody disturbs.
Task keep_order(Worker& worker) {
  while (worker.next()) {
    for (int i = 0; i < 3; ++i) {
      co_await worker[fifo].put(worker, item_of(i));
      co_await worker[lifo].put(worker, item_of(i));
    }
    demand(worker[fifo].size() == 3 && !worker[fifo].try_put(worker, {}), "not full");
    for (int i = 0; i < 3; ++i) {
      const Item first = co_await worker[fifo].get(worker);
      const Item last = co_await worker[lifo].get(worker);
      demand(first.number == i && last.number == 2 - i, "out of order");
    }
    for (const int number : {2, 1, 2, 0, 1, 0}) {
      const Item item = item_of(number, static_cast<int>(worker[priority].size()));
      co_await worker[priority].put(worker, item);
    }
    for (int i = 0; i < 6; ++i) {
      const Item item = co_await worker[priority].get(worker);
      demand(item.number == i / 2, "not the smallest");
      constexpr int kProducers[] = {3, 5, 1,
                                    4, 0, 2};  // equals in the order in which they were put
      demand(item.producer == kProducers[i], "equals out of order");
    }
    demand(!worker[fifo].try_get() && !worker[lifo].try_get() && !worker[priority].try_get(),
           "not empty");
  }
}
const Workload keeping_order =
    make_workload("keeping_order", "test", "", &keep_order, fifo, lifo, priority);

TEST_P(Queues, GiveItemsBackInTheirOrder) { EXPECT_EQ(failure(keeping_order, 1, 20), ""); }

// --- Nothing is lost or given twice, and of one producer everybody gets in order.
constexpr int kEach = 60;
struct Tally {
  std::array<std::atomic<int>, std::size_t{8} * kEach> got{};
};
const SharedValue<Tally> tally;

template <class Q>
Task pass_items(Worker& worker, const Synced<Q>& queue, bool ordered) {
  while (worker.next()) {
    if (worker.index() % 2 == 0) {
      for (int i = 0; i < kEach; ++i) {
        const Item item = item_of(i, worker.index() / 2);
        co_await worker[queue].put(worker, item);
        if (i % 7 == 0) co_await worker.turn();
      }
    } else {
      std::array<int, 4> last{-1, -1, -1, -1};
      for (int i = 0; i < kEach; ++i) {
        const Item item = co_await worker[queue].get(worker);
        ++tally->got[static_cast<std::size_t>(item.producer * kEach + item.number)];
        int& before = last[static_cast<std::size_t>(item.producer)];
        demand(!ordered || item.number > before, "overtaken");
        before = item.number;
        if (i % 5 == 0) co_await worker.turn();
      }
    }
  }
}
const Workload passing_fifo = make_workload(
    "fifo", "test", "", [](Worker& worker) { return pass_items(worker, fifo, true); }, fifo);
const Workload passing_lifo = make_workload(
    "lifo", "test", "", [](Worker& worker) { return pass_items(worker, lifo, false); }, lifo);
const Workload passing_priority = make_workload(
    "priority", "test", "", [](Worker& worker) { return pass_items(worker, priority, false); },
    priority);

TEST_P(Queues, LoseNothingAndGiveNothingTwice) {
  for (const Workload* workload : {&passing_fifo, &passing_lifo, &passing_priority}) {
    tally.reset();
    EXPECT_EQ(failure(*workload, 6, 1), "") << workload->name;
    for (std::size_t i = 0; i < std::size_t{3} * kEach; ++i)
      ASSERT_EQ(tally->got[i], 2) << workload->name << ", item " << i;
  }
}

// --- Joining: worker 0 hands out work and waits until all of it is dealt with.
Task hand_out(Worker& worker) {
  Queue<Item>& queue = worker[fifo];
  while (worker.next()) {
    if (worker.index() == 0) {
      for (int i = 0; i < 20; ++i) co_await queue.put(worker, item_of(i));
      co_await queue.join(worker);
      int dealt_with = 0;
      for (std::size_t i = 0; i < 20; ++i) dealt_with += tally->got[i];
      demand(dealt_with == 20, "joined too soon");
      for (auto& got : tally->got) got = 0;
      for (int i = 1; i < worker.count(); ++i) co_await queue.put(worker, item_of(-1));
    } else {
      for (;;) {
        const Item item = co_await queue.get(worker);
        if (item.number < 0) break;
        co_await worker.turn();
        ++tally->got[static_cast<std::size_t>(item.number)];
        queue.task_done(worker);
      }
      queue.task_done(worker);
    }
  }
}
const Workload handing_out = make_workload("handing_out", "test", "", &hand_out, fifo);

TEST_P(Queues, JoinReturnsWhenAllThatWasPutIsDone) {
  tally.reset();
  EXPECT_EQ(failure(handing_out, 4, 1), "");
}

// --- Closing: who waits to get has an end, who waits to put an error, and what is there stays.
Task close_empty(Worker& worker) {
  while (worker.next()) {
    if (worker.index() != 0) {
      const std::optional<Item> item = co_await worker[fifo].get_or_end(worker);
      demand(!item.has_value(), "an item from nowhere");
    } else {
      co_await worker.sleep(200us);
      worker[fifo].close();
      worker[fifo].close();
    }
  }
}
const Workload closing_empty = make_workload("closing_empty", "test", "", &close_empty, fifo);

Task close_full(Worker& worker) {
  Queue<Item>& queue = worker[fifo];
  while (worker.next()) {
    if (worker.index() == 0) {
      for (int i = 0; i < 3; ++i) co_await queue.put(worker, item_of(i));
      worker[go].set(worker);
      co_await worker.sleep(200us);
      queue.close();
      for (int i = 0; i < 3; ++i) {
        const Item item = co_await queue.get(worker);
        demand(item.number == i, "what was put is gone");
      }
      const std::optional<Item> end = co_await queue.get_or_end(worker);
      demand(!end.has_value(), "more than was put");
    } else {
      co_await worker[go].wait(worker);
      bool refused = false;
      try {
        co_await queue.put(worker, item_of(9));
      } catch (const QueueClosed&) {
        refused = true;
      }
      demand(refused, "put to a closed queue");
    }
  }
}
const Workload closing_full = make_workload("closing_full", "test", "", &close_full, fifo, go);

TEST_P(Queues, ClosingEndsWaitsAndKeepsWhatIsThere) {
  EXPECT_EQ(failure(closing_empty, 4), "");
  EXPECT_EQ(failure(closing_full, 3), "");
}

// --- Limits.
Task wait_in_vain(Worker& worker) {
  while (worker.next()) {
    const std::optional<Item> none = co_await worker[fifo].get(worker, 200us);
    demand(!none.has_value(), "got what nobody put");
    for (int i = 0; i < 3; ++i) co_await worker[fifo].put(worker, item_of(i));
    const bool put = co_await worker[fifo].put(worker, item_of(3), 200us);
    demand(!put && worker[fifo].size() == 3, "put what there was no room for");
    const bool joined = co_await worker[fifo].join(worker, 200us);
    demand(!joined, "joined what nobody did");
    for (int i = 0; i < 3; ++i) {
      const std::optional<Item> item = co_await worker[fifo].get(worker, 1s);
      demand(item.has_value() && item->number == i, "out of order");
      worker[fifo].task_done(worker);
    }
    const bool all = co_await worker[fifo].join(worker, 1s);
    demand(all, "not joined");
  }
}
const Workload waiting_in_vain = make_workload("in_vain", "test", "", &wait_in_vain, fifo);

TEST_P(Queues, WaitsEndAtTheirLimit) { EXPECT_EQ(failure(waiting_in_vain, 1, 3), ""); }

// --- Misuse.
Task put_to_closed(Worker& worker) {
  while (worker.next()) {
    worker[fifo].close();
    co_await worker[fifo].put(worker, item_of(0));
  }
}
Task get_from_closed(Worker& worker) {
  while (worker.next()) {
    worker[fifo].close();
    co_await worker[fifo].get(worker);
  }
}
Task do_too_much(Worker& worker) {
  while (worker.next()) {
    co_await worker[fifo].put(worker, item_of(0));
    co_await worker[fifo].get(worker);
    worker[fifo].task_done(worker);
    worker[fifo].task_done(worker);
  }
}
const Workload putting_to_closed = make_workload("putting", "test", "", &put_to_closed, fifo);
const Workload getting_from_closed = make_workload("getting", "test", "", &get_from_closed, fifo);
const Workload doing_too_much = make_workload("too_much", "test", "", &do_too_much, fifo);

TEST_P(Queues, MisuseNamesQueueWorkerAndRule) {
  EXPECT_THAT(failure(putting_to_closed, 1),
              HasSubstr("worker 0, queue 'fifo': put to it after it was closed"));
  EXPECT_THAT(
      failure(getting_from_closed, 1),
      HasSubstr("worker 0, queue 'fifo': asked for an item, though it is closed and empty"));
  EXPECT_THAT(
      failure(doing_too_much, 1),
      HasSubstr("worker 0, queue 'fifo': task_done() called more often than items were put"));
}

const Synced<Queue<Item>> of_none{"of_none", 0};
const Synced<PriorityQueue<Item>> too_large{"too_large", std::int64_t{1} << 50};
template <class Q, const Synced<Q>& queue>
Task touch(Worker& worker) {
  while (worker.next()) worker.keep(worker[queue].size());
  co_return;
}
const Workload touching_none =
    make_workload("none", "test", "", &touch<Queue<Item>, of_none>, of_none);
const Workload touching_large =
    make_workload("large", "test", "", &touch<PriorityQueue<Item>, too_large>, too_large);

TEST_P(Queues, NoneOfNothingAndNoneLargerThanMemory) {
  EXPECT_THAT(failure(touching_none, 1),
              HasSubstr("queue 'of_none' of 0 items: give it room for 1 or more"));
  EXPECT_THAT(failure(touching_large, 1),
              AllOf(HasSubstr("queue 'too_large' of 1125899906842624 items takes "),
                    HasSubstr("GiB, and this machine has "), HasSubstr("give it fewer")));
}

// --- Nobody puts: one event loop knows at once that nothing will come.
Task wait_for_nothing(Worker& worker) {
  while (worker.next()) co_await worker[fifo].get(worker);
}
const Workload waiting_for_nothing =
    make_workload("for_nothing", "test", "", &wait_for_nothing, fifo);

TEST_P(Queues, LoopWhoseWorkersAllWaitSaysForWhat) {
  if (!GetParam().model->looped || GetParam().carriers > 1)
    GTEST_SKIP() << "other seats may put, as far as one can tell";
  EXPECT_THAT(failure(waiting_for_nothing, 2),
              AllOf(HasSubstr("no worker is left to end a wait"),
                    HasSubstr("worker 1 has waited for 'fifo' (queue)")));
}

// --- A wait group alone.
const Synced<WaitGroup> group{"group"};
Task gather(Worker& worker) {
  while (worker.next()) {
    if (worker.index() == 0) {
      worker[group].add(static_cast<std::uint32_t>(worker.count() - 1));
      worker[go].set(worker);
      co_await worker[group].wait(worker);
      demand(worker[group].under_way() == 0, "gone on too soon");
    } else {
      co_await worker[go].wait(worker);
      co_await worker.turn();
      worker[group].done(worker);
    }
  }
}
const Workload gathering = make_workload("gathering", "test", "", &gather, group, go);

Task finish_nothing(Worker& worker) {
  while (worker.next()) worker[group].done(worker);
  co_return;
}
const Workload finishing_nothing =
    make_workload("finishing_nothing", "test", "", &finish_nothing, group);

TEST_P(Queues, WaitGroupWaitsForAll) {
  EXPECT_EQ(failure(gathering, 5), "");
  EXPECT_THAT(failure(finishing_nothing, 1),
              HasSubstr("worker 0, wait group 'group': more was done than begun"));
}

}  // namespace
}  // namespace convoy::contract
