// Producers and consumers of one queue: what benchmarks do that differ only in the queue's order.
// lint: long because what is put and what is got are proved to be the same
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>

#include "harness/sync/event.hpp"
#include "harness/sync/proof.hpp"
#include "harness/sync/queue.hpp"
#include "harness/work/figure.hpp"
#include "harness/work/task.hpp"

namespace convoy {

// What goes through the queue.
struct TrafficItem {
  std::int64_t number = 0;  // of its producer's
  std::int64_t put_at = 0;  // of some items, on the clock of now() in ns; else 0
  std::int32_t producer = 0;
  std::int32_t priority = 0;  // the smallest is got first, where that matters

  bool operator<(const TrafficItem& other) const { return priority < other.priority; }
  static TrafficItem of(int producer, std::int64_t number) {
    return {number, 0, producer, static_cast<std::int32_t>(number * 5 % 7)};
  }
  // Of all items together it tells whether one is missing, or came twice, or changed.
  std::uint64_t mark() const { return mark_of(std::int64_t{producer} << 40 ^ number); }
};

// The figures of every such benchmark.
inline constexpr Figure kTimeInQueue{"in_queue_ns", "ns", Combine::mean,
                                     "Time from before the put of an item until after its get"};
inline constexpr Figure kLongestInQueue{"in_queue_max_ns", "ns", Combine::max,
                                        "The longest of those"};
inline constexpr Figure kItemsLost{"lost", "", Combine::sum,
                                   "Items put and never got: 0 for a correct queue"};

// What all have done so far. Relaxed: they are added to before the queue is closed, or before the
// last consumer says that it is done, and read after that.
struct TrafficTotals {
  std::atomic<std::int64_t> put{0}, got{0};
  std::atomic<std::uint64_t> put_marks{0}, got_marks{0};
  std::atomic<int> done_producing{0}, done_consuming{0};

  // A producer has put so many, all with these marks. True: all producers are done.
  bool note_put(std::int64_t items, std::uint64_t marks, int producers) {
    put.fetch_add(items, std::memory_order_relaxed);
    put_marks.fetch_add(marks, std::memory_order_relaxed);
    return done_producing.fetch_add(1, std::memory_order_acq_rel) + 1 == producers;
  }
  // A consumer has got so many and there will be no more. The last one reports how many are lost,
  // and throws where there are any.
  void note_got(Worker& worker, std::int64_t items, std::uint64_t marks, int consumers) {
    got.fetch_add(items, std::memory_order_relaxed);
    got_marks.fetch_add(marks, std::memory_order_relaxed);
    if (done_consuming.fetch_add(1, std::memory_order_acq_rel) + 1 != consumers) return;
    const std::int64_t missing = put - got;
    worker.report(kItemsLost, missing);
    expect(missing == 0 && put_marks == got_marks, worker,
           "{} of {} items were lost, or some were changed", missing, put.load());
  }
};

// What a benchmark declares for it; lives as long as the program. Q is a queue of TrafficItem.
template <class Q>
struct Traffic {
  const Synced<Q>& queue;
  const Synced<Event>& open;
  const SharedState<TrafficTotals>& totals;
  const Parameter<std::int64_t>& consumers;
  // Puts items that were put in their order of numbers into that in which they are got.
  void (*as_got)(TrafficItem* first, TrafficItem* last);
};

// One in so many items is timed, since to read the clock takes as long as to put an item.
constexpr std::int64_t kTimedItems = 8;

namespace traffic {

// How many of a crew get: so many as are asked for, or half of them, but for one that puts.
inline int consumers(const Worker& worker, std::int64_t asked) {
  const int most = worker.count() - 1;
  return static_cast<int>(
      std::clamp<std::int64_t>(asked == 0 ? worker.count() / 2 : asked, std::min(1, most), most));
}

// How many of the items that all workers have operations for this one of the producers puts. Before
// its first next().
inline std::int64_t share_of(const Worker& worker, int producer, int producers) {
  const std::int64_t all = static_cast<std::int64_t>(worker.remaining()) * worker.count();
  return all * (producer + 1) / producers - all * producer / producers;
}

inline void report_time(Worker& worker, const TrafficItem& item) {
  if (item.put_at == 0) [[likely]]
    return;
  const std::int64_t time = now().count() - item.put_at;
  worker.report(kTimeInQueue, time);
  worker.report(kLongestInQueue, time);
}

}  // namespace traffic

// With items that are put and got before anybody else comes.
template <class Q>
void prove_order(const Worker& worker, Q& queue, void (*as_got)(TrafficItem*, TrafficItem*)) {
  std::array<TrafficItem, 8> items{};
  const auto used = static_cast<std::size_t>(std::min<std::int64_t>(8, queue.capacity()));
  for (std::size_t i = 0; i < used; ++i) {
    items[i] = TrafficItem::of(0, static_cast<std::int64_t>(i));
    expect(queue.try_put(worker, items[i]), worker, "the queue is full with {} items", i);
  }
  as_got(items.data(), items.data() + used);
  for (std::size_t i = 0; i < used; ++i) {
    const std::int64_t number = queue.try_get().value_or(TrafficItem{.number = -1}).number;
    expect(number == items[i].number, worker, "item {} came instead of {}", number,
           items[i].number);
  }
}

template <class Q>
Task put_and_get(Worker& worker, const Traffic<Q>& traffic) {
  Q& queue = worker[traffic.queue];
  prove_order(worker, queue, traffic.as_got);
  for (std::int64_t count = 0; worker.next(); ++count) {
    TrafficItem item = TrafficItem::of(0, count);
    if (count % kTimedItems == 0) item.put_at = now().count();
    co_await queue.put(worker, item);
    const TrafficItem same = co_await queue.get(worker);
    traffic::report_time(worker, same);
    expect(same.number == count, worker, "item {} came instead of {}", same.number, count);
    worker.checkpoint();
  }
  worker.report(kItemsLost, 0);
}

template <class Q>
Task put_items(Worker& worker, const Traffic<Q>& traffic, int producer, int producers) {
  Q& queue = worker[traffic.queue];
  Event& open = worker[traffic.open];
  const std::int64_t mine = traffic::share_of(worker, producer, producers);
  std::uint64_t marks = 0;
  co_await open.wait(worker);
  for (std::int64_t count = 0; count < mine; ++count) {
    worker.next();
    TrafficItem item = TrafficItem::of(producer, count);
    marks += item.mark();
    if (count % kTimedItems == 0) item.put_at = now().count();
    co_await queue.put(worker, item);
    worker.checkpoint();
  }
  if (worker[traffic.totals].note_put(mine, marks, producers)) queue.close();
  while (worker.next()) continue;  // who had fewer items than others
}

template <class Q>
Task get_items(Worker& worker, const Traffic<Q>& traffic, int consumers) {
  Q& queue = worker[traffic.queue];
  Event& open = worker[traffic.open];
  if (worker.index() == 0) {
    prove_order(worker, queue, traffic.as_got);
    open.set(worker);
  } else {
    co_await open.wait(worker);
  }
  std::int64_t count = 0;
  std::uint64_t marks = 0;
  for (;; ++count) {
    const std::optional<TrafficItem> item = co_await queue.get_or_end(worker);
    if (!item) break;
    worker.next();
    traffic::report_time(worker, *item);
    marks += item->mark();
    worker.checkpoint();
  }
  worker[traffic.totals].note_got(worker, count, marks, consumers);
  while (worker.next()) continue;  // who had fewer items than others
}

// The body of such a benchmark: as many items as all workers have operations go through the queue,
// from the last workers to the first ones; one worker alone puts and gets in turn. An operation is
// an item. Before that worker 0 proves the order, in a queue that is its own then.
template <class Q>
Task pass_items(Worker& worker, const Traffic<Q>& traffic) {
  const int consumers = traffic::consumers(worker, worker[traffic.consumers]);
  if (consumers == 0) return put_and_get(worker, traffic);
  if (worker.index() < consumers) return get_items(worker, traffic, consumers);
  return put_items(worker, traffic, worker.index() - consumers, worker.count() - consumers);
}

}  // namespace convoy
