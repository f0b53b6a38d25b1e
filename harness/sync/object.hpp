// What all objects have in common that workers wait for each other on: a name, a place in the
// crew's table, and how a worker waits under every model.
// lint: long because who writes an object reads all of it
#pragma once

#include <cstddef>
#include <functional>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "harness/sync/word_lock.hpp"
#include "harness/work/fixture.hpp"
#include "harness/work/wait_table.hpp"
#include "harness/work/worker.hpp"

namespace convoy {

// An object was used against its rules. Names the object, the worker and the rule.
class SyncError : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

// Where a new object is listed. Made by the fixture.
struct ObjectPlace {
  WaitTable* table;
  const char* name;
  // As many bytes as Object::extra_bytes() asked for, zero at first and aligned as kExtraAlignment.
  std::byte* extra = nullptr;

  static constexpr std::size_t kExtraAlignment = 128;
};

// How long a wait may take: for ever, or until then on the clock of now().
using WaitLimit = std::optional<nanoseconds>;

// What objects derive from. An object lives in memory that all workers share, processes too, and
// holds a few words there; used by the workers themselves, from their own seats. Whoever waits
// blocks in the kernel without the interpreter lock or, where the worker has a waiter, is parked:
// listed by the object and resumed by its own carrier once it is woken.
class SyncObject {
 public:
  const char* name() const { return slot_->name.data(); }

  // What SyncWait calls for an object that has nothing of its own to do when a wait leaves.
  static bool leave(ParkedOperation& operation, ParkedOperation::Leaving why) {
    return static_cast<SyncObject*>(operation.object)->leave_queue(operation, why);
  }

 protected:
  SyncObject(const ObjectPlace& place, const char* kind, FreedBy freed_by);

  WaitTable& table() const { return *table_; }
  ObjectSlot& slot() const { return *slot_; }
  FutexScope scope() const { return table_->scope(); }
  // No other worker runs meanwhile, see WaitTable::Crew.
  bool alone() const { return alone_; }
  // That, and nobody is in the queue, so that nobody is to be served or woken.
  bool undisturbed() const { return undisturbed_; }
  [[noreturn]] void misused(const Worker& worker, const char* rule) const;
  // As `owner` and queues have it, in which 0 is nobody.
  static std::uint32_t number_of(int worker) { return static_cast<std::uint32_t>(worker) + 1; }
  static std::uint32_t number_of(const Worker& worker) { return number_of(worker.index()); }

  // The lock of the object's words, for a scope; nothing where its workers are alone.
  class Guard {
   public:
    explicit Guard(const SyncObject& object) : object_(object) {
      if (!object_.alone()) object_.words_.lock(object_.scope());
    }
    Guard(const Guard&) = delete;
    ~Guard() {
      if (!object_.alone()) object_.words_.unlock(object_.scope());
    }

   private:
    const SyncObject& object_;
  };

  // --- What the table tells.
  // The worker waits for this object from now on; until it does not.
  void tell_waiting(WaitSlot& waiting, bool timed) const;
  static void tell_waiting_no_more(WaitSlot& waiting);
  // The worker is about to take it, for as long as that takes: from what it holds follows an order.
  void tell_order(const Worker& worker) const {
    // Relaxed, here and below: only this worker writes it.
    if (worker.wait_slot()->held_count.load(std::memory_order_relaxed) != 0) [[unlikely]]
      tell_order_of_held(worker);
  }
  void tell_taken(WaitSlot& holder) const {
    const std::uint16_t count = holder.held_count.load(std::memory_order_relaxed);
    if (count >= kMostHeld) [[unlikely]]
      return;
    holder.held[count].store(slot_->index, std::memory_order_relaxed);
    holder.held_count.store(static_cast<std::uint16_t>(count + 1), std::memory_order_relaxed);
  }
  // False where the worker did not hold it.
  bool tell_released(WaitSlot& holder) const {
    const std::uint16_t count = holder.held_count.load(std::memory_order_relaxed);
    if (count != 0 && holder.held[count - 1U].load(std::memory_order_relaxed) == slot_->index)
        [[likely]] {
      holder.held_count.store(static_cast<std::uint16_t>(count - 1), std::memory_order_relaxed);
      return true;
    }
    return tell_released_out_of_order(holder);
  }

  // --- How a worker waits. `limit`: until when.
  // Blocks while `word` is `expected`. False when the limit has passed.
  bool block_on_word(const Worker& worker, const FutexWord& word, std::uint32_t expected,
                     WaitLimit limit) const;
  // The queue of the workers that wait to be woken one by one, in the order they came. All but
  // block_in_queue, wake, wake_all_parked and leave_queue under the Guard.
  bool queue_empty() const { return first_ == 0; }
  // The worker waits there from now on: parked with its carrier, or about to block_in_queue.
  void enter_queue(ParkedOperation& operation);
  void enter_queue(const Worker& worker, WaitLimit limit);
  // One that waits already, so far in the queue of another object, and now without a limit.
  void move_to_queue(int worker);
  // Blocks until it is woken. False when the limit has passed first and it has left the queue.
  bool block_in_queue(const Worker& worker, WaitLimit limit);
  // Whether it was in the queue.
  bool remove_from_queue(int worker);
  // Takes the first, or this one, out of the queue, whom wake() then wakes; nobody where it is
  // empty, or where this one is not there.
  struct Waking {
    WaitSlot* slot = nullptr;
    ParkedOperation* parked = nullptr;
    int worker = -1;
  };
  Waking take_first() { return take(static_cast<int>(first_) - 1); }
  Waking take(int worker);
  void wake(const Waking& waking) const;
  // Wakes one after the other, each after `change` was made to it under the Guard, until nobody is
  // in the queue.
  template <class F>
  void wake_each_in_queue(F&& change) {
    for (;;) {
      Waking next;
      {
        const Guard guard(*this);
        next = take_first();
        if (next.slot == nullptr) return;
        change(next);
      }
      wake(next);
    }
  }
  // Wakes all that are parked at this moment, once `change` was made; both under one Guard.
  template <class F>
  void wake_all_parked(F&& change) {
    Suspension* all = nullptr;
    {
      const Guard guard(*this);
      change();
      all = take_all();
    }
    wake_each(all);
  }
  // A parked wait leaves the queue. False where it is in it no more.
  bool leave_queue(ParkedOperation& operation, ParkedOperation::Leaving why);
  // Nobody waits any more: before a round.
  void clear_queue() {
    first_ = last_ = 0;
    undisturbed_ = alone_;
  }

 private:
  void push(int worker);
  void tell_order_of_held(const Worker& worker) const;
  bool tell_released_out_of_order(WaitSlot& holder) const;
  Suspension* take_all();  // linked by `next`, in the order they came
  static void wake_each(Suspension* first);

  WaitTable* table_;
  ObjectSlot* slot_;
  const bool alone_;
  bool undisturbed_;  // never changed where others run
  mutable WordLock words_;
  std::uint32_t first_ = 0, last_ = 0;  // of the queue: 1 + the worker's index
};

// What brings something with it to a wait, as an item for a queue. Own derives from it, converts to
// a SyncObject*, and may have a leave() of its own.
template <class Own>
class SyncHandle {
 public:
  Own* operator->() { return static_cast<Own*>(this); }
  static bool leave(ParkedOperation& operation, ParkedOperation::Leaving why) {
    return SyncObject::leave(operation, why);
  }

 private:
  friend Own;
  SyncHandle() = default;
};

// The awaiter of every wait on an object; a temporary of one co_await. Object has
//   bool attempt(const Worker&)                    without waiting: whether it got what it wants
//   bool block(Worker&, WaitLimit)                 the same, blocking; false: the limit has passed
//   bool park(ParkedOperation&)                    true: parked; false: got it after all
//   static bool leave(ParkedOperation&, Leaving)   see ParkedOperation; SyncObject has one
//   T conclude(Worker&, bool got, bool suspended)  in the worker again: what co_await returns
// Of a SyncHandle, which has these functions as well, it keeps a copy.
template <class Object>
class [[nodiscard]] SyncWait {
  static constexpr bool kIsHandle = std::is_base_of_v<SyncHandle<Object>, Object>;

 public:
  SyncWait(Object& object, Worker& worker, WaitLimit limit = {})
    requires(!kIsHandle)
      : object_(&object), worker_(&worker), limit_(limit) {}
  SyncWait(const Object& handle, Worker& worker, WaitLimit limit = {})
    requires kIsHandle
      : object_(handle), worker_(&worker), limit_(limit) {}

  bool await_ready() {
    if (object_->attempt(*worker_)) [[likely]]
      return got_ = true;
    if (worker_->waiter() != nullptr) return waited_out_of_line(*worker_->waiter(), *this);
    got_ = object_->block(*worker_, limit_);
    return true;
  }
  bool await_suspend(std::coroutine_handle<> continuation) {
    auto& operation = *new (storage_) ParkedOperation;
    operation.continuation = continuation;
    operation.worker = worker_;
    operation.carrier = worker_->waiter();
    operation.object = static_cast<SyncObject*>(object_);
    operation.leave = &Object::leave;
    operation.timed = limit_.has_value();
    operation.deadline = limit_.value_or(nanoseconds(0));
    // Only this carrier resumes it, which is busy here, however soon it is woken.
    suspended_ = object_->park(operation);
    got_ = !suspended_;
    return suspended_;
  }
  auto await_resume() {
    if (suspended_) {
      worker_->wait_slot()->parked = nullptr;
      const auto* operation = std::launder(reinterpret_cast<ParkedOperation*>(storage_));
      got_ = operation->outcome == ParkedOperation::Outcome::woken;
    }
    return object_->conclude(*worker_, got_, suspended_);
  }

 private:
  std::conditional_t<kIsHandle, Object, Object*> object_;
  Worker* worker_;
  WaitLimit limit_;
  bool got_ = false, suspended_ = false;
  // Made only where it is needed, since most waits are over before they begin.
  alignas(ParkedOperation) std::byte storage_[sizeof(ParkedOperation)];
};

// A fixture: an object that all workers of a crew share, as new before every round.
//   const Synced<Mutex> lock{"lock"};
//   const Synced<Semaphore> room{"room", [](const Setup& setup) { return setup[permits]; }};
template <class Object>
class Synced : public FixtureBase {
  static_assert(std::is_trivially_destructible_v<Object>);

 public:
  using Value = Object;
  // `argument`: what the object is made with besides its place.
  template <class Argument = std::nullptr_t>
  explicit Synced(const char* name, Argument argument = nullptr)
      : FixtureBase(
            false,
            [=](const Setup& setup, int, WaitTable* table) {
              const ObjectPlace place{table, name};
              if constexpr (std::is_same_v<Argument, std::nullptr_t>) return made(place);
              else if constexpr (std::is_invocable_v<Argument, const Setup&>)
                return made(place, argument(setup));
              else return made(place, argument);
            },
            [](void* object) { static_cast<Object*>(object)->reset(); }) {
    needs_waits_ = true;
  }

 private:
  template <class... Argument>
  static std::shared_ptr<void> made(ObjectPlace place, const Argument&... argument) {
    std::size_t size = sizeof(Object);
    if constexpr (requires { Object::extra_bytes(place, argument...); }) {
      constexpr std::size_t kEnd = ObjectPlace::kExtraAlignment - 1;
      size = (size + kEnd) & ~kEnd;
      auto memory = std::make_shared<Mapping>(size + Object::extra_bytes(place, argument...));
      place.extra = static_cast<std::byte*>(memory->data()) + size;
      return {memory, new (memory->data()) Object(place, argument...)};
    } else {
      auto memory = std::make_shared<Mapping>(size);
      return {memory, new (memory->data()) Object(place, argument...)};
    }
  }
};

}  // namespace convoy
