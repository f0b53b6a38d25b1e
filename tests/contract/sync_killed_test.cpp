// A worker is killed in the midst of what others wait for: the round fails, says who held what, and
// leaves nothing behind.
#include <gmock/gmock.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <set>
#include <string>

#include "harness/sync/barrier.hpp"
#include "harness/sync/condition.hpp"
#include "harness/sync/mutex.hpp"
#include "harness/sync/pool.hpp"
#include "harness/sync/queue.hpp"
#include "harness/sync/semaphore.hpp"
#include "tests/contract/crews.hpp"

namespace convoy::contract {
namespace {

using ::testing::HasSubstr;

// When a worker dies: in which operation, and at which of the points below.
struct Death {
  int worker = -1;
  std::uint64_t operation = 0;
  int point = 0;
};
constexpr int kPoints = 9;
const SharedValue<Death> death;

const Synced<Mutex> outer{"outer"}, inner{"inner"}, fair{"fair", true};
const Synced<Semaphore> room{"room", 2};
const Synced<Condition> changed{"changed"};

// What it holds at each point.
constexpr const char* kHeld[kPoints] = {nullptr,  "'outer'", "'outer' and 'inner'",
                                        "'room'", "'fair'",  "'outer'",
                                        nullptr,  nullptr,   nullptr};

bool is_time(int worker, std::uint64_t operation, int point) {
  return death->worker == worker && death->operation == operation && death->point == point;
}
void die_at(int worker, std::uint64_t operation, int point) {
  if (is_time(worker, operation, point))
    ::kill(::getpid(), SIGKILL);  // the worker's process, or with it the whole crew
}
void die_at(const Worker& worker, std::uint64_t operation, int point) {
  die_at(worker.index(), operation, point);
}

// What goes through a queue and a pool: who made it, and in which operation.
struct Made {
  int worker = 0;
  std::uint64_t operation = 0;
};

// Between the two words of a put: the item is there, and is not counted yet; and of a get.
template <class T>
class Mortal : public FirstInFirstOut<T> {
 public:
  using FirstInFirstOut<T>::FirstInFirstOut;
  void put(const T& item) {
    die_at(item.worker, item.operation, 6);
    FirstInFirstOut<T>::put(item);
  }
  T take() {
    const T item = FirstInFirstOut<T>::take();
    die_at(item.worker, item.operation, 7);
    return item;
  }
};
const Synced<OrderedQueue<Made, Mortal>> items{"items", 2};

const Synced<Pool> pool{"pool", [](const Setup& setup) { return PoolSize{setup.workers(), 4}; }};
int die_in_task(Worker&, Made made) {
  die_at(made.worker, made.operation, 8);
  return 1;
}

Task use_everything(Worker& worker) {
  for (std::uint64_t operation = 0; worker.next(); ++operation) {
    die_at(worker, operation, 0);
    co_await worker[outer].lock(worker);
    die_at(worker, operation, 1);
    co_await worker[inner].lock(worker);
    die_at(worker, operation, 2);
    worker[inner].unlock(worker);
    worker[outer].unlock(worker);
    co_await worker[room].acquire(worker);
    die_at(worker, operation, 3);
    co_await worker.turn();
    worker[room].release(worker);
    co_await worker[fair].lock(worker);
    die_at(worker, operation, 4);
    worker[fair].unlock(worker);
    Mutex& lock = worker[outer];
    co_await lock.lock(worker);
    worker[changed].notify(worker, lock);
    if (operation % 2 == 0) co_await worker[changed].wait(worker, lock, 100us);
    die_at(worker, operation, 5);
    lock.unlock(worker);
    const Made made{worker.index(), operation};
    co_await worker[items].put(worker, made);
    co_await worker[items].get(worker);
    const Future<int> future = co_await worker[pool].submit(worker, &die_in_task, made);
    while (const Job job = worker[pool].try_next(worker)) job.run(worker);
    co_await future.result(worker);
  }
}
const Workload using_everything = make_workload("using_everything", "test", "", &use_everything,
                                                outer, inner, fair, room, changed, items, pool);

std::set<std::string> shared_memory() {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator("/dev/shm"))
    names.insert(entry.path());
  return names;
}

class SyncKilled : public LeavesNothing {};

TEST_F(SyncKilled, EveryDeathIsAFailedRoundThatSaysWhoHeldWhat) {
  const char* const wanted = std::getenv("CONVOY_TEST_KILLS");
  const int rounds = wanted == nullptr ? 200 : std::atoi(wanted);
  const std::set<std::string> before = shared_memory();
  std::vector<const Model*> chosen;
  for (const Model& model : models())
    if (side_by_side(model)) chosen.push_back(&model);
  std::mt19937 random(20261127);  // NOLINT: the same deaths every time
  const auto any = [&](auto count) {
    return static_cast<int>(random() % static_cast<unsigned>(count));
  };
  constexpr std::uint64_t kOperations = 6;
  for (int round = 0; round < rounds; ++round) {
    const Model& model = *chosen[static_cast<std::size_t>(any(chosen.size()))];
    const int workers = 2 + any(3);
    *death = {any(workers), static_cast<std::uint64_t>(any(kOperations)), any(kPoints)};
    const std::string gil = any(2) == 0 ? "none" : "cpython32";
    const std::string reason =
        failure_of(plan_of(using_everything, model, gil, workers, 1 + any(2)), kOperations);
    SCOPED_TRACE(testing::Message() << "round " << round << ", " << model.name << ", point "
                                    << death->point << ": " << reason);
    ASSERT_THAT(reason, HasSubstr("was killed by signal 9"));
    const char* const held = kHeld[death->point];
    ASSERT_THAT(reason, HasSubstr(held == nullptr ? ""
                                                  : "worker " + std::to_string(death->worker) +
                                                        " holds " + held));
  }
  EXPECT_EQ(shared_memory(), before);
}

}  // namespace
}  // namespace convoy::contract
