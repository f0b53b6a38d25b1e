// Queues: items that workers hand to each other.
// lint: long because putting and getting are two sides of one thing
#pragma once

#include <cstdint>
#include <optional>
#include <type_traits>

#include "harness/sync/object.hpp"
#include "harness/sync/queue_orders.hpp"
#include "harness/sync/wait_group.hpp"

namespace convoy {

// Put to a queue that is closed, or get from one that is closed and empty. CPython's
// queue.ShutDown.
class QueueClosed : public SyncError {
 public:
  using SyncError::SyncError;
};

// What queues have in common, whatever their items and their order.
class QueueBase : public SyncObject {
 public:
  std::int64_t capacity() const { return static_cast<std::int64_t>(capacity_); }
  // Nobody may put any more, and those who wait to put, or to get, wait in vain: they get
  // QueueClosed. What is in it may still be got. Once more is the same as once.
  void close();
  // An item that was got is dealt with. Throws SyncError where that was said of all that were put.
  void task_done(const Worker& worker) {
    if (!unfinished_.try_done(worker)) [[unlikely]]
      misused(worker, "task_done() called more often than items were put");
  }
  // co_await join(worker): returns once task_done() was called for all that was put.
  SyncWait<WaitGroup> join(Worker& worker) { return unfinished_.wait(worker); }
  SyncWait<WaitGroup> join(Worker& worker, nanoseconds limit) {
    return unfinished_.wait(worker, limit);
  }

 protected:
  QueueBase(const ObjectPlace& place, const char* kind, std::int64_t capacity);
  // Throws std::invalid_argument where the capacity is below 1, and where the machine has no memory
  // for so many items of so many bytes each.
  static void check(const ObjectPlace& place, std::int64_t capacity, std::size_t each);
  [[noreturn]] void refuse(const Worker& worker, const char* rule) const;

  // Under the Guard, as what it tells of.
  bool closed() const { return open_to_ == 0; }

  const std::uint64_t capacity_;
  // So many items may be in it: `capacity_`, or 0 where it is closed.
  std::uint64_t open_to_;
  WaitGroup unfinished_;
};

// What who gets is after.
enum class Wanted : std::uint8_t { item, item_in_time, item_or_end };

// CPython's queue.Queue, LifoQueue and PriorityQueue, bounded, of items that may be copied as
// bytes. There they are a lock and three conditions; this is one object that means the same. Who
// waits is served in the order of coming: the item of a put goes to who waits for one, and a get
// makes room for who waits to put, so that nobody who comes later is quicker.
template <class T, template <class> class Order>
class OrderedQueue : public QueueBase {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);
  static_assert(alignof(T) <= ObjectPlace::kExtraAlignment);

 public:
  // For the fixture: so many items at once at most.
  //   const Synced<Queue<Item>> queue{"queue", [](const Setup& setup) { return setup[capacity]; }};
  OrderedQueue(const ObjectPlace& place, std::int64_t items)
      : QueueBase(place, Order<T>::kKind, items),
        handed_(reinterpret_cast<Handed*>(place.extra)),
        order_(place.extra + handed_bytes(*place.table), items) {}
  static std::size_t extra_bytes(const ObjectPlace& place, std::int64_t items) {
    check(place, items, Order<T>::bytes(1));
    return handed_bytes(*place.table) + Order<T>::bytes(items);
  }

  // How one worker puts an item; for SyncWait.
  class Put : public SyncHandle<Put> {
   public:
    Put(OrderedQueue& to, const T& what) : queue_(&to), item_(what) {}
    operator SyncObject*() const { return queue_; }

    bool attempt(const Worker& worker) { return queue_->try_put(worker, item_); }
    bool block(Worker& worker, WaitLimit limit) {
      return !enter(worker, [&] { queue_->enter_queue(worker, limit); }) ||
             queue_->block(worker, limit);
    }
    bool park(ParkedOperation& operation) {
      return enter(*operation.worker, [&] { queue_->enter_queue(operation); });
    }
    bool conclude(const Worker& worker, bool got, bool) {
      if (got && entered_ && !queue_->handed(worker).served) queue_->refuse(worker, kClosed);
      return got;
    }

   private:
    // False: it is put.
    template <class Enter>
    bool enter(const Worker& worker, Enter&& enter_queue) {
      Waking next;
      {
        const Guard guard(*queue_);
        if (!queue_->put_now(worker, item_, next)) {
          queue_->handed(worker) = {item_, false};
          enter_queue();
          return entered_ = true;
        }
      }
      queue_->wake(next);
      return false;
    }

    OrderedQueue* queue_;
    T item_;
    bool entered_ = false;
  };

  // How one worker gets an item; for SyncWait.
  template <Wanted wanted>
  class Get : public SyncHandle<Get<wanted>> {
   public:
    explicit Get(OrderedQueue& from) : queue_(&from) {}
    operator SyncObject*() const { return queue_; }

    bool attempt(const Worker& worker) {
      if (queue_->undisturbed() && queue_->order_.size() != 0) [[likely]] {
        item_ = queue_->order_.take();
        return true;
      }
      return attempt_slowly(worker);
    }
    bool block(Worker& worker, WaitLimit limit) {
      return !enter(worker, [&] { queue_->enter_queue(worker, limit); }) ||
             queue_->block(worker, limit);
    }
    bool park(ParkedOperation& operation) {
      return enter(*operation.worker, [&] { queue_->enter_queue(operation); });
    }
    auto conclude(const Worker& worker, bool got, bool) {
      if (got && entered_) {
        const Handed& handed = queue_->handed(worker);
        ended_ = !handed.served;
        item_ = handed.item;
        check(worker);
      }
      if constexpr (wanted == Wanted::item) return item_;
      else return got && !ended_ ? std::optional<T>(item_) : std::nullopt;
    }

   private:
    [[gnu::noinline]] bool attempt_slowly(const Worker& worker) {
      Waking next;
      {
        const Guard guard(*queue_);
        if (!get_now(next)) return false;
      }
      queue_->wake(next);
      check(worker);
      return true;
    }
    // Under the Guard. True: it has an item, or there will be none.
    bool get_now(Waking& next) {
      if (queue_->get_now(item_, next)) [[likely]]
        return true;
      return ended_ = queue_->closed();
    }
    // False: it has an item, or there will be none.
    template <class Enter>
    bool enter(const Worker& worker, Enter&& enter_queue) {
      Waking next;
      {
        const Guard guard(*queue_);
        if (!get_now(next)) {
          queue_->handed(worker).served = false;
          enter_queue();
          return entered_ = true;
        }
      }
      queue_->wake(next);
      return false;
    }
    void check(const Worker& worker) const {
      if (wanted != Wanted::item_or_end && ended_) [[unlikely]]
        queue_->refuse(worker, "asked for an item, though it is closed and empty");
    }

    OrderedQueue* queue_;
    T item_;
    bool entered_ = false, ended_ = false;
  };

  // co_await put(worker, item): returns once it is in the queue; the second form gives up after
  // `limit` and says whether it is. Throws QueueClosed.
  SyncWait<Put> put(Worker& worker, const T& item) { return {Put(*this, item), worker}; }
  SyncWait<Put> put(Worker& worker, const T& item, nanoseconds limit) {
    return {Put(*this, item), worker, now() + limit};
  }
  // co_await get(worker): the next item; the second form gives up after `limit` and then has none.
  // Throws QueueClosed.
  SyncWait<Get<Wanted::item>> get(Worker& worker) { return {Get<Wanted::item>(*this), worker}; }
  SyncWait<Get<Wanted::item_in_time>> get(Worker& worker, nanoseconds limit) {
    return {Get<Wanted::item_in_time>(*this), worker, now() + limit};
  }
  // co_await get_or_end(worker): the next item, or none once the queue is closed and empty.
  SyncWait<Get<Wanted::item_or_end>> get_or_end(Worker& worker) {
    return {Get<Wanted::item_or_end>(*this), worker};
  }
  // The same without waiting; none, too, where it is closed.
  bool try_put(const Worker& worker, const T& item) {
    if (undisturbed() && order_.size() < open_to_) [[likely]] {
      order_.put(item);
      unfinished_.add_alone();
      return true;
    }
    return try_put_slowly(worker, item);
  }
  std::optional<T> try_get() {
    Waking next;
    T item;
    {
      const Guard guard(*this);
      if (!get_now(item, next)) return {};
    }
    wake(next);
    return item;
  }
  // How many items are in it at this moment.
  std::int64_t size() const {
    const Guard guard(*this);
    return static_cast<std::int64_t>(order_.size());
  }

  void reset() {
    open_to_ = capacity_;
    order_.clear();
    unfinished_.reset();
    clear_queue();
  }

 private:
  // Where one that waits leaves its item, or is given one. Under the Guard, and by the worker
  // itself once it is woken.
  struct Handed {
    T item;
    bool served;  // false: woken because the queue was closed
  };
  static constexpr const char* kClosed = "put to it after it was closed";

  static std::size_t handed_bytes(const WaitTable& table) {
    constexpr std::size_t kEnd = ObjectPlace::kExtraAlignment - 1;
    return (sizeof(Handed) * static_cast<std::size_t>(table.workers()) + kEnd) & ~kEnd;
  }
  [[gnu::noinline]] bool try_put_slowly(const Worker& worker, const T& item) {
    Waking next;
    {
      const Guard guard(*this);
      if (!put_now(worker, item, next)) return false;
    }
    wake(next);
    return true;
  }
  Handed& handed(const Worker& worker) const { return handed_[worker.index()]; }

  bool block(Worker& worker, WaitLimit limit) {
    return worker.block_on(name(), [&] { return block_in_queue(worker, limit); });
  }

  // Under the Guard, both. Those who wait want to get where nothing is in the queue, and to put
  // where it is full; in between nobody waits. `next` is to be woken afterwards.
  bool put_now(const Worker& worker, const T& item, Waking& next) {
    if (closed()) [[unlikely]]
      refuse(worker, kClosed);
    if (order_.size() == 0 && !queue_empty()) {
      next = take_first();
      handed_[next.worker] = {item, true};
    } else if (order_.size() < capacity_) {
      order_.put(item);
    } else {
      return false;
    }
    unfinished_.add();
    return true;
  }
  bool get_now(T& item, Waking& next) {
    if (order_.size() == 0) return false;
    item = order_.take();
    if (!queue_empty()) {
      next = take_first();
      order_.put(handed_[next.worker].item);
      handed_[next.worker].served = true;
      unfinished_.add();
    }
    return true;
  }

  Handed* handed_;  // of every worker
  Order<T> order_;
};

template <class T>
using Queue = OrderedQueue<T, FirstInFirstOut>;
template <class T>
using LifoQueue = OrderedQueue<T, LastInFirstOut>;
template <class T>
using PriorityQueue = OrderedQueue<T, SmallestFirst>;

}  // namespace convoy
