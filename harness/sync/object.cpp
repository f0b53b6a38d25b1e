#include "harness/sync/object.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/base/check.hpp"

namespace convoy {

SyncObject::SyncObject(const ObjectPlace& place, const char* kind, FreedBy freed_by)
    : table_(place.table),
      slot_(nullptr),
      alone_(place.table != nullptr && place.table->crew().alone),
      undisturbed_(alone_) {
  CONVOY_CHECK(table_ != nullptr, "an object to wait on was made for a crew without a table");
  slot_ = &table_->add(place.name, kind, freed_by);
}

void SyncObject::misused(const Worker& worker, const char* rule) const {
  throw SyncError(
      fmt::format("worker {}, {} '{}': {}", worker.index(), slot_->kind.data(), name(), rule));
}

void SyncObject::tell_waiting(WaitSlot& waiting, bool timed) const {
  auto wait = StandingWait::of(waiting.wait.load(std::memory_order_relaxed));
  wait.count += 1;
  wait.timed = timed;
  wait.object = slot_->index;
  waiting.since_ns.store(now().count(), std::memory_order_relaxed);
  waiting.wait.store(wait.word(), std::memory_order_relaxed);
}

void SyncObject::tell_waiting_no_more(WaitSlot& waiting) {
  auto wait = StandingWait::of(waiting.wait.load(std::memory_order_relaxed));
  wait.object = -1;
  waiting.wait.store(wait.word(), std::memory_order_relaxed);
}

void SyncObject::tell_order_of_held(const Worker& worker) const {
  const WaitSlot& holder = *worker.wait_slot();
  const std::size_t count = holder.held_count.load(std::memory_order_relaxed);
  for (std::size_t i = 0; i < count; ++i)
    table_->note_order(holder.held[i].load(std::memory_order_relaxed), slot_->index,
                       worker.index());
}

bool SyncObject::tell_released_out_of_order(WaitSlot& holder) const {
  const std::size_t count = holder.held_count.load(std::memory_order_relaxed);
  for (std::size_t i = count; i-- > 0;) {
    if (holder.held[i].load(std::memory_order_relaxed) != slot_->index) continue;
    for (std::size_t later = i + 1; later < count; ++later)
      holder.held[later - 1].store(holder.held[later].load(std::memory_order_relaxed),
                                   std::memory_order_relaxed);
    holder.held_count.store(static_cast<std::uint16_t>(count - 1), std::memory_order_relaxed);
    return true;
  }
  return count >= kMostHeld;  // it may be one that there was no room for
}

bool SyncObject::block_on_word(const Worker& worker, const FutexWord& word, std::uint32_t expected,
                               WaitLimit limit) const {
  WaitSlot& waiting = *worker.wait_slot();
  tell_waiting(waiting, limit.has_value());
  const bool in_time = futex_wait(word, expected, limit, scope());
  tell_waiting_no_more(waiting);
  return in_time;
}

void SyncObject::enter_queue(ParkedOperation& operation) {
  WaitSlot& waiting = *operation.worker->wait_slot();
  waiting.parked = &operation;
  tell_waiting(waiting, operation.timed);
  operation.carrier->wait(operation);
  push(operation.worker->index());
}

void SyncObject::enter_queue(const Worker& worker, WaitLimit limit) {
  WaitSlot& waiting = *worker.wait_slot();
  waiting.parked = nullptr;
  // Relaxed: the Guard publishes it.
  waiting.park.store(0, std::memory_order_relaxed);
  tell_waiting(waiting, limit.has_value());
  push(worker.index());
}

void SyncObject::move_to_queue(int worker) {
  tell_waiting(table_->slot(worker), false);
  push(worker);
}

bool SyncObject::block_in_queue(const Worker& worker, WaitLimit limit) {
  WaitSlot& waiting = *worker.wait_slot();
  // Acquire: see WaitSlot::park.
  while (waiting.park.load(std::memory_order_acquire) == 0) {
    if (futex_wait(waiting.park, 0, limit, scope())) continue;
    const Guard guard(*this);
    if (!remove_from_queue(worker.index())) continue;  // woken at the last moment
    tell_waiting_no_more(waiting);
    return false;
  }
  return true;
}

// That it waits no more is told before it gets what it waited for: else it would wait for itself.
SyncObject::Waking SyncObject::take(int worker) {
  if (worker < 0 || !remove_from_queue(worker)) return {};
  WaitSlot& waiting = table_->slot(worker);
  tell_waiting_no_more(waiting);
  ParkedOperation* const parked = waiting.parked;
  if (parked != nullptr && parked->outcome == ParkedOperation::Outcome::waiting)
    parked->outcome = ParkedOperation::Outcome::woken;
  return {&waiting, parked, worker};
}

void SyncObject::wake(const Waking& waking) const {
  if (waking.slot == nullptr) return;
  if (waking.parked != nullptr) return waking.parked->carrier->wake(*waking.parked);
  waking.slot->park.store(1, std::memory_order_release);
  futex_wake(waking.slot->park, 1, scope());
}

Suspension* SyncObject::take_all() {
  Suspension* first = nullptr;
  Suspension** last = &first;
  while (!queue_empty()) {
    *last = take_first().parked;
    last = &(*last)->next;
  }
  *last = nullptr;
  return first;
}

void SyncObject::wake_each(Suspension* first) {
  while (first != nullptr) {
    auto& operation = static_cast<ParkedOperation&>(*first);
    first = first->next;  // the loop links it anew
    operation.carrier->wake(operation);
  }
}

bool SyncObject::leave_queue(ParkedOperation& operation, ParkedOperation::Leaving why) {
  const Guard guard(*this);
  if (!remove_from_queue(operation.worker->index())) return false;
  // What is abandoned stays told, for whoever says why the crew failed.
  if (why == ParkedOperation::Leaving::abandoned) return true;
  tell_waiting_no_more(*operation.worker->wait_slot());
  operation.outcome = ParkedOperation::Outcome::late;
  return true;
}

void SyncObject::push(int worker) {
  WaitSlot& slot = table_->slot(worker);
  slot.queue.store(static_cast<std::uint16_t>(slot_->index + 1), std::memory_order_relaxed);
  slot.before = last_;
  slot.behind = 0;
  if (last_ == 0) first_ = number_of(worker);
  else table_->slot(static_cast<int>(last_) - 1).behind = number_of(worker);
  last_ = number_of(worker);
  if (alone_) undisturbed_ = false;
}

bool SyncObject::remove_from_queue(int worker) {
  WaitSlot& slot = table_->slot(worker);
  if (slot.queue.load(std::memory_order_relaxed) != slot_->index + 1) return false;
  slot.queue.store(0, std::memory_order_relaxed);
  if (slot.before == 0) first_ = slot.behind;
  else table_->slot(static_cast<int>(slot.before) - 1).behind = slot.behind;
  if (slot.behind == 0) last_ = slot.before;
  else table_->slot(static_cast<int>(slot.behind) - 1).before = slot.before;
  if (alone_) undisturbed_ = first_ == 0;
  return true;
}

}  // namespace convoy
