// A queue whose producer waits until all that it has put is dealt with, and then ends every
// consumer by an item that says so: a sentinel, as textbooks have it.
// lint: long because who puts and who gets are to be read together
#include "harness/sync/traffic.hpp"
#include "harness/work/workload.hpp"

using Item = convoy::TrafficItem;
using Items = convoy::Queue<Item>;

static const convoy::Parameter capacity{"capacity", 64, "Capacity of the queue in items", 1,
                                        100'000'000};
static const convoy::Synced<Items> queue{
    "queue", [](const convoy::Setup& setup) { return setup[capacity]; }};

namespace {
// What one worker has dealt with, in all rounds so far. It writes that before task_done(), and the
// producer reads it after join().
struct alignas(64) Dealt {
  std::int64_t items = 0;
  std::uint64_t marks = 0;
};
// Those of a round, by whoever got them.
struct Sentinels {
  std::atomic<std::int64_t> got{0}, numbers{0};
};
}  // namespace
static const convoy::SharedMemory<Dealt> dealt{
    [](const convoy::Setup& setup) { return setup.workers(); }};
static const convoy::SharedState<Sentinels> sentinels;

static const convoy::Figure join_wait{"join_wait_ns", "ns", convoy::Combine::mean,
                                      "Time from the last put to the end of join()"};
static const convoy::Figure items_lost{
    "lost", "", convoy::Combine::sum, "Items not done when join() returned: 0 for a correct queue"};

static std::int64_t consumers(const convoy::Worker& worker) {
  return std::max(1, worker.count() - 1);
}

static Dealt by_all(std::span<const Dealt> workers) {
  Dealt sum;
  for (const Dealt& each : workers) {
    sum.items += each.items;
    sum.marks += each.marks;
  }
  return sum;
}

static void deal_with(convoy::Worker& worker, const Item& item) {
  convoy::traffic::report_time(worker, item);
  Dealt& mine = worker[dealt][static_cast<std::size_t>(worker.index())];
  ++mine.items;
  mine.marks += item.mark();
  worker[queue].task_done(worker);
}

// `put`: what has to be dealt with since `before`.
static void check_all(convoy::Worker& worker, const Dealt& before, const Dealt& put) {
  const Dealt now = by_all(worker[dealt]);
  const std::int64_t lost = put.items - (now.items - before.items);
  worker.report(items_lost, lost);
  convoy::expect(lost == 0 && put.marks == now.marks - before.marks, worker,
                 "join() returned with {} of {} items not done, or some were changed", lost,
                 put.items);
}

// The last consumer to end looks whether each had a sentinel of its own.
static void check_sentinel(const convoy::Worker& worker, const Item& sentinel) {
  Sentinels& all = worker[sentinels];
  const std::int64_t wanted = consumers(worker);
  // Who comes last sees what the others have added before.
  all.numbers.fetch_add(sentinel.number, std::memory_order_relaxed);
  if (all.got.fetch_add(1, std::memory_order_acq_rel) + 1 < wanted) return;
  const bool each = all.numbers.load(std::memory_order_relaxed) == wanted * (wanted - 1) / 2;
  const std::int64_t left = worker[queue].size();
  convoy::expect(each && left == 0, worker,
                 "{} consumers have ended, not each at a sentinel of its own: {} items are left",
                 wanted, left);
}

static convoy::Task produce(convoy::Worker& worker) {
  Items& items = worker[queue];
  const bool alone = worker.count() == 1;
  const Dealt before = by_all(worker[dealt]);
  Dealt put;
  const auto all = static_cast<std::int64_t>(worker.remaining()) * worker.count();
  for (; put.items < all; ++put.items) {
    worker.next();
    Item item = Item::of(0, put.items);
    put.marks += item.mark();
    if (put.items % convoy::kTimedItems == 0) item.put_at = convoy::now().count();
    co_await items.put(worker, item);
    if (alone) {
      const Item same = co_await items.get(worker);
      deal_with(worker, same);
    }
    worker.checkpoint();
  }
  const std::chrono::nanoseconds last_put = convoy::now();
  co_await items.join(worker);
  worker.report(join_wait, convoy::now() - last_put);
  check_all(worker, before, put);
  for (Item sentinel{.producer = -1}; sentinel.number < consumers(worker); ++sentinel.number)
    co_await items.put(worker, sentinel);
  if (alone) {
    const Item sentinel = co_await items.get(worker);
    check_sentinel(worker, sentinel);
  }
}

static convoy::Task consume(convoy::Worker& worker) {
  Items& items = worker[queue];
  for (std::int64_t last = -1;;) {
    const Item item = co_await items.get(worker);
    if (item.producer < 0) {
      check_sentinel(worker, item);
      break;
    }
    worker.next();
    convoy::expect(item.number > last, worker, "item {} came after {}", item.number, last);
    last = item.number;
    deal_with(worker, item);
    worker.checkpoint();
  }
  while (worker.next()) continue;  // who had fewer items than others
}

CONVOY_WORKLOAD(queue_joinable, queue, "Put items, wait until all are done, end the consumers",
                capacity, queue, dealt, sentinels, join_wait, convoy::kTimeInQueue,
                convoy::kLongestInQueue, items_lost, convoy::NoAnswer{},
                convoy::WorkersNeedEachOther{}, convoy::UsualWorkers{{2, 8}},
                convoy::UsualValues{capacity, {"1", "64"}}, convoy::UnderFewLocks{}) {
  return worker.index() == 0 ? produce(worker) : consume(worker);
}
