// A producer that puts bursts and a consumer that takes its time, with a queue between them or one
// slot: for how long does a burst block its producer?
// lint: long because a hand-over under locks stands beside the queue that takes its place
#include <algorithm>
#include <optional>
#include <vector>

#include "harness/sync/condition.hpp"
#include "harness/sync/traffic.hpp"
#include "harness/work/workload.hpp"

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

static const convoy::Choice through{
    "through",
    {"queue", "slot"},
    "What connects them: a queue, or a single slot under a lock and two conditions"};
static const convoy::Parameter burst{"burst", 16, "Items in one burst of a producer", 1, 100'000};
static const convoy::Parameter capacity{
    "capacity", 64, "Capacity of the queue in items; a slot holds 1", 1, 100'000'000};
static const convoy::Parameter work{"work", 20us, "How long a consumer computes for an item", 0ns,
                                    1s};
static const convoy::Parameter period{"pause", 0ns,
                                      "Time from the start of a burst until the next is due; 0: "
                                      "1.5 times what the consumers compute for a burst",
                                      0ns, 10s};

namespace {
using Items = convoy::Queue<convoy::TrafficItem>;
// Under the lock.
struct OneSlot {
  convoy::TrafficItem item;
  bool full = false, closed = false;
};
}  // namespace
static const convoy::Synced<Items> queue{
    "queue", [](const convoy::Setup& setup) { return setup[capacity]; }};
static const convoy::Synced<convoy::Mutex> lock{"lock"};
static const convoy::Synced<convoy::Condition> filled{"filled"}, emptied{"emptied"};
static const convoy::SharedState<OneSlot> only_slot;
static const convoy::SharedState<convoy::TrafficTotals> totals;
static const convoy::Shared<convoy::Speed> speed{convoy::Speed::measure};

static const convoy::Figure blocked{"blocked_ns", "ns", convoy::Combine::mean,
                                    "How long the put of an item blocked its producer"};
static const convoy::Figure whole_burst{
    "burst_ns", "ns", convoy::Combine::mean,
    "Time from the first put of a burst to the end of its last"};
static const convoy::Figure longest_burst{"burst_max_ns", "ns", convoy::Combine::max,
                                          "The longest of those"};

static bool is_queue(const convoy::Worker& worker) { return worker[through] == 0; }

namespace {
// When a producer's bursts begin and end, and what it reports of them.
class Bursts {
 public:
  explicit Bursts(convoy::Worker& worker) : worker_(worker) {}

  void begin_put() {
    put_at_ = convoy::now();
    if (in_burst_ == 0) began_ = put_at_;
  }
  // True: it was the last of a burst.
  bool end_put(std::int64_t size) {
    const nanoseconds time = convoy::now();
    worker_.report(blocked, time - put_at_);
    if (++in_burst_ < size) return false;
    in_burst_ = 0;
    worker_.report(whole_burst, time - began_);
    worker_.report(longest_burst, time - began_);
    return true;
  }
  // Never below 0.
  nanoseconds until_due(nanoseconds after) const {
    return std::max(0ns, began_ + after - convoy::now());
  }

 private:
  convoy::Worker& worker_;
  nanoseconds put_at_{0}, began_{0};
  std::int64_t in_burst_ = 0;
};

// What a consumer makes of its items: each after those of the same producer that came before.
class Received {
 public:
  Received(convoy::Worker& worker, int producers)
      : worker_(worker), last_(static_cast<std::size_t>(producers), -1) {}

  void add(const convoy::TrafficItem& item) {
    std::int64_t& before = last_[static_cast<std::size_t>(item.producer)];
    convoy::expect(item.number > before, worker_, "item {} of producer {} came after item {}",
                   item.number, item.producer, before);
    before = item.number;
    marks += item.mark();
    ++count;
    compute();
  }
  std::int64_t count = 0;
  std::uint64_t marks = 0;

 private:
  void compute() {
    constexpr nanoseconds kSlice = 10us;  // between two checkpoints
    for (nanoseconds left = worker_[work]; left > 0ns; left -= kSlice) {
      state_ = convoy::compute(state_, worker_[speed].steps(std::min(left, kSlice)));
      worker_.checkpoint();
    }
  }

  convoy::Worker& worker_;
  std::vector<std::int64_t> last_;  // by producer
  std::uint64_t state_ = 1;
};
}  // namespace

static nanoseconds pause_after(const convoy::Worker& worker, int producers, int consumers) {
  if (worker[period] > 0ns) return worker[period];
  const nanoseconds needed = worker[work] * worker[burst] * producers / consumers;
  return needed + needed / 2;
}

static convoy::Task put_bursts(convoy::Worker& worker, int producer, int producers) {
  Items& items = worker[queue];
  convoy::Mutex& mutex = worker[lock];
  OneSlot& slot = worker[only_slot];
  const nanoseconds every = pause_after(worker, producers, worker.count() - producers);
  const std::int64_t mine = convoy::traffic::share_of(worker, producer, producers);
  std::uint64_t marks = 0;
  Bursts bursts(worker);
  for (std::int64_t count = 0; count < mine; ++count) {
    worker.next();
    const auto item = convoy::TrafficItem::of(producer, count);
    marks += item.mark();
    bursts.begin_put();
    if (is_queue(worker)) {
      co_await items.put(worker, item);
    } else {
      co_await mutex.lock(worker);
      while (slot.full) co_await worker[emptied].wait(worker, mutex);
      slot.item = item;
      slot.full = true;
      worker[filled].notify(worker, mutex);
      mutex.unlock(worker);
    }
    const bool is_last = bursts.end_put(worker[burst]);
    worker.checkpoint();
    if (!is_last || count + 1 == mine) continue;
    const nanoseconds left = bursts.until_due(every);
    if (left > 0ns) co_await worker.sleep(left);
  }
  if (worker[totals].note_put(mine, marks, producers)) {
    items.close();
    co_await mutex.lock(worker);
    slot.closed = true;
    worker[filled].notify_all(worker, mutex);
    mutex.unlock(worker);
  }
  while (worker.next()) continue;  // who had fewer items than others
}

static convoy::Task get_slowly(convoy::Worker& worker, int consumers) {
  Items& items = worker[queue];
  convoy::Mutex& mutex = worker[lock];
  OneSlot& slot = worker[only_slot];
  Received received(worker, worker.count() - consumers);
  for (;;) {
    std::optional<convoy::TrafficItem> item;
    if (is_queue(worker)) {
      const auto next = co_await items.get_or_end(worker);
      item = next;
    } else {
      co_await mutex.lock(worker);
      while (!slot.full && !slot.closed) co_await worker[filled].wait(worker, mutex);
      if (slot.full) item = slot.item;
      slot.full = false;
      worker[emptied].notify(worker, mutex);
      mutex.unlock(worker);
    }
    if (!item) break;
    worker.next();
    received.add(*item);
  }
  worker[totals].note_got(worker, received.count, received.marks, consumers);
  while (worker.next()) continue;  // who had fewer items than others
}

// One worker alone: nobody makes room for it, so that a burst has as many items as there is room
// for, and is got before the next.
static convoy::Task put_and_get(convoy::Worker& worker) {
  Items& items = worker[queue];
  OneSlot& slot = worker[only_slot];
  const std::int64_t fits = std::min(worker[burst], is_queue(worker) ? worker[capacity] : 1);
  Bursts bursts(worker);
  Received received(worker, 1);
  std::int64_t put = 0;
  while (worker.remaining() > 0) {
    bool is_last = false;
    while (!is_last && worker.next()) {
      const auto item = convoy::TrafficItem::of(0, put++);
      bursts.begin_put();
      if (is_queue(worker)) {
        co_await items.put(worker, item);
      } else {
        co_await worker[lock].lock(worker);
        slot.item = item;
        worker[lock].unlock(worker);
      }
      is_last = bursts.end_put(fits);
      worker.checkpoint();
    }
    while (received.count < put) {
      const auto item = is_queue(worker)
                            ? items.try_get().value_or(convoy::TrafficItem{.number = -1})
                            : slot.item;
      convoy::expect(item.number == received.count, worker, "item {} did not come", received.count);
      received.add(item);
    }
  }
  worker.report(convoy::kItemsLost, put - received.count);
}

CONVOY_WORKLOAD(pipeline_bursty, pipeline,
                "Put bursts of items that a slow consumer gets one by one", through, burst,
                capacity, work, period, queue, lock, filled, emptied, only_slot, totals, speed,
                blocked, whole_burst, longest_burst, convoy::kItemsLost, convoy::NoAnswer{},
                convoy::WorkersNeedEachOther{}, convoy::UsualWorkers{{2}},
                convoy::UsualValues{through, {"queue", "slot"}},
                convoy::UsualValues{capacity, {"1", "4", "16", "64"}}, convoy::UnderFewLocks{}) {
  const int consumers = convoy::traffic::consumers(worker, 0);
  if (consumers == 0) return put_and_get(worker);
  if (worker.index() < consumers) return get_slowly(worker, consumers);
  return put_bursts(worker, worker.index() - consumers, worker.count() - consumers);
}
