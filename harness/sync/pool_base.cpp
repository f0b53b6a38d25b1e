#include "harness/sync/pool_base.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "harness/sync/pool_spin.hpp"

namespace convoy {

std::uint64_t PoolBase::places(const PoolSize& size) {
  return std::bit_ceil(static_cast<std::uint64_t>(size.capacity));
}

std::size_t PoolBase::extra_bytes(const ObjectPlace& place, const PoolSize& size) {
  if (size.servers < 1)
    throw std::invalid_argument(
        fmt::format("pool '{}' of {} workers: give it 1 or more", place.name, size.servers));
  if (size.capacity < 1 || size.capacity > kMostTasks)
    throw std::invalid_argument(fmt::format("pool '{}' with room for {} tasks: give it 1 to {}",
                                            place.name, size.capacity, kMostTasks));
  const auto workers = static_cast<std::size_t>(place.table->workers());
  return workers * (sizeof(Lane) + sizeof(Server) + sizeof(PoolTask) * (places(size) + 1));
}

// Lanes and tasks first, which are aligned like the memory.
PoolBase::PoolBase(const ObjectPlace& place, const PoolSize& size)
    : SyncObject(place, "pool", FreedBy::anybody),
      size_(size),
      mask_(places(size) - 1),
      lanes_(reinterpret_cast<Lane*>(place.extra)),
      tasks_(reinterpret_cast<PoolTask*>(lanes_ + place.table->workers())),
      servers_(reinterpret_cast<Server*>(
          tasks_ + (mask_ + 1) * static_cast<std::uint64_t>(place.table->workers()))),
      results_({place.table, (std::string(place.name) + " (results)").c_str()}) {
  for (int worker = 0; worker < place.table->workers(); ++worker) {
    new (&lanes_[worker]) Lane;
    new (&servers_[worker]) Server;
    for (std::uint64_t i = 0; i <= mask_; ++i)
      new (&task_at(static_cast<std::uint32_t>(worker), i)) PoolTask;
  }
}

void PoolBase::reset() {
  for (int worker = 0; worker < table().workers(); ++worker) {
    Lane& lane = lanes_[worker];
    const std::uint64_t used = std::min(lane.tail.load(std::memory_order_relaxed), mask_ + 1);
    for (std::uint64_t i = 0; i < used; ++i)
      task_at(static_cast<std::uint32_t>(worker), i).state.store(PoolTask::free);
    lane.map.whole.state.store(PoolTask::free);
    lane.tail.store(0);
    lane.head.store(0);
    lane.seen_tail.store(0);
    servers_[worker] = {};
  }
  closed_.store(false, std::memory_order_relaxed);
  waiting_.store(0, std::memory_order_relaxed);
  clear_queue();
  results_.reset();
}

// --- Handing in.

PoolTask& PoolBase::place_of_next(const Worker& worker) const {
  const auto own = static_cast<std::uint32_t>(worker.index());
  return task_at(own, lanes_[own].tail.load(std::memory_order_relaxed));
}

PoolTask* PoolBase::room(const Worker& worker) {
  if (closed_.load(std::memory_order_relaxed)) [[unlikely]]
    misused(worker, "a task was submitted after it was closed");
  PoolTask& task = place_of_next(worker);
  const std::uint32_t state = task.state.load(std::memory_order_acquire);
  if (state == PoolTask::free) [[likely]]
    return &task;
  // Whose result nobody asks for becomes free once it has run.
  if ((state & PoolTask::kDetached) == 0)
    misused(worker,
            "full of tasks whose results nobody has asked for: ask with result(), detach() them, "
            "or give it a larger capacity");
  return nullptr;
}

void PoolBase::publish(const Worker& worker, PoolTask& task, std::uint32_t flags) {
  const auto own = static_cast<std::uint32_t>(worker.index());
  std::uint32_t used = lanes_used_.load(std::memory_order_relaxed);
  while (used <= own && !lanes_used_.compare_exchange_weak(used, own + 1)) continue;
  // Relaxed: the tail publishes it.
  task.state.store(PoolTask::queued | flags, std::memory_order_relaxed);
  auto& tail = lanes_[own].tail;
  const std::uint64_t next = tail.load(std::memory_order_relaxed) + 1;
  if (alone()) tail.store(next, std::memory_order_relaxed);
  else tail.store(next, std::memory_order_seq_cst);
  if (waiting_.load(std::memory_order_seq_cst) != 0) give_out();
}

// To one that waits; it may be another task than the one that was just handed in.
void PoolBase::give_out() {
  Waking next;
  {
    const Guard guard(*this);
    if (queue_empty()) return;
    PoolTask* const task = claim(0);
    if (task == nullptr) return;  // somebody who did not wait has it
    next = take_first();
    waiting_.fetch_sub(1, std::memory_order_relaxed);
    servers_[next.worker].given = task;
  }
  wake(next);
}

void PoolBase::close(bool cancel_queued) {
  {
    const Guard guard(*this);
    closed_.store(true, std::memory_order_relaxed);
  }
  if (cancel_queued)
    while (PoolTask* const task = claim(0)) {
      Map* const map = map_of(*task);
      end(*task, PoolTask::cancelled | PoolTask::kPassed);  // it is out of its lane already
      if (map != nullptr) end_part(*map);
    }
  wake_each_in_queue([this](const Waking& next) {
    waiting_.fetch_sub(1, std::memory_order_relaxed);
    servers_[next.worker].given = nullptr;
  });
}

// --- Serving.

PoolTask* PoolBase::claim_from(std::uint32_t number, bool own) {
  Lane& lane = lanes_[number];
  std::uint64_t position = lane.head.load(std::memory_order_relaxed);
  // Acquires what was published.
  std::uint64_t tail = lane.seen_tail.load(std::memory_order_acquire);
  for (;;) {
    if (position >= tail) {
      // Sequentially consistent with `waiting_`.
      tail = lane.tail.load(std::memory_order_seq_cst);
      if (position >= tail) return nullptr;
      lane.seen_tail.store(tail, std::memory_order_release);
    }
    // So that it is here when it is wanted.
    __builtin_prefetch(&task_at(number, position + 2), 1);
    if (!lane.head.compare_exchange_weak(position, position + 1, std::memory_order_relaxed))
      continue;
    PoolTask& task = task_at(number, position);
    std::uint32_t seen = task.state.load(std::memory_order_relaxed);
    if (own && PoolTask::state_of(seen) == PoolTask::queued) {
      task.state.store((seen & ~PoolTask::kState) | PoolTask::running, std::memory_order_relaxed);
      return &task;
    }
    while (PoolTask::state_of(seen) == PoolTask::queued)
      if (task.state.compare_exchange_weak(seen, (seen & ~PoolTask::kState) | PoolTask::running,
                                           std::memory_order_acq_rel, std::memory_order_relaxed))
        return &task;
    pass(task);
    position = lane.head.load(std::memory_order_relaxed);
  }
}

PoolTask* PoolBase::claim(std::uint32_t first, std::uint32_t own) {
  const std::uint32_t lanes = lanes_used_.load(std::memory_order_relaxed);
  std::uint32_t number = lanes > 1 ? first % lanes : 0;
  for (std::uint32_t i = 0; i < lanes; ++i, number = number + 1 < lanes ? number + 1 : 0)
    if (PoolTask* const task = claim_from(number, number == own)) return task;
  return nullptr;
}

PoolTask* PoolBase::claim(const Worker& worker) {
  // Every worker's turn begins where the last one ended, so that nobody's tasks are left out.
  return claim(servers_[worker.index()].lane++, static_cast<std::uint32_t>(worker.index()));
}

bool PoolBase::Next::attempt(const Worker& worker) {
  task_ = pool_->claim(worker);
  return task_ != nullptr;
}

template <class Enter>
bool PoolBase::Next::enter(const Worker& worker, Enter&& enter_queue) {
  const Guard guard(*pool_);
  // Before it looks once more: see `waiting_`.
  pool_->waiting_.fetch_add(1, std::memory_order_seq_cst);
  task_ = pool_->claim(worker);
  if (task_ != nullptr || pool_->closed_.load(std::memory_order_relaxed)) {
    pool_->waiting_.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  pool_->servers_[worker.index()].given = nullptr;
  enter_queue();
  return entered_ = true;
}

bool PoolBase::Next::block(Worker& worker, WaitLimit limit) {
  return worker.block_on(pool_->name(), [&] {
    if (pool_->table().crew().may_spin && spin_until([&] { return attempt(worker); })) return true;
    if (!enter(worker, [&] { pool_->enter_queue(worker, limit); })) return true;
    if (pool_->block_in_queue(worker, limit)) return true;
    pool_->waiting_.fetch_sub(1, std::memory_order_relaxed);
    return false;
  });
}

bool PoolBase::Next::park(ParkedOperation& operation) {
  return enter(*operation.worker, [&] { pool_->enter_queue(operation); });
}

bool PoolBase::Next::leave(ParkedOperation& operation, ParkedOperation::Leaving why) {
  auto& pool = static_cast<PoolBase&>(*static_cast<SyncObject*>(operation.object));
  if (!pool.leave_queue(operation, why)) return false;
  pool.waiting_.fetch_sub(1, std::memory_order_relaxed);
  return true;
}

Job PoolBase::Next::conclude(const Worker& worker, bool got, bool) {
  if (got && entered_) task_ = pool_->servers_[worker.index()].given;
  return {pool_, got ? task_ : nullptr};
}

}  // namespace convoy
