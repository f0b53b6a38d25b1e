// What becomes of a pool's tasks: their ends, and how those are waited for.
#include <fmt/format.h>

#include <algorithm>

#include "harness/sync/pool_base.hpp"
#include "harness/sync/pool_spin.hpp"

namespace convoy {

// A wait's ticket.
static std::uint64_t ticket_of(const PoolTask& task) {
  return static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(&task));
}

void PoolTask::write_error(std::string_view what) {
  const std::size_t size = std::min(what.size(), bytes.size() - 1);
  std::memcpy(bytes.data(), what.data(), size);
  bytes[size] = std::byte{0};
}

void Job::run(Worker& worker) const { pool_->run(worker, *task_); }

void PoolBase::run(Worker& worker, PoolTask& task) {
  // Read before anybody may use the place again.
  const auto tell = task.tell;
  Map* const map = map_of(task);
  PoolTask::State outcome = PoolTask::done;
  task.ran_by = static_cast<std::uint32_t>(worker.index());
  try {
    task.invoke(worker, task);
  } catch (const std::exception& error) {
    task.write_error(error.what());
    outcome = PoolTask::failed;
  } catch (...) {
    task.write_error("something that is not a std::exception");
    outcome = PoolTask::failed;
  }
  if (tell != nullptr) tell(worker, task, outcome == PoolTask::failed);
  if (is_own(worker, task)) {
    const bool detached = (task.state.load(std::memory_order_relaxed) & PoolTask::kDetached) != 0;
    task.state.store(detached ? PoolTask::free : outcome, std::memory_order_release);
  } else {
    end(task, outcome);
  }
  // After that, so that who has the map's result may begin another one in the same places.
  if (map != nullptr) end_part(*map);
}

void PoolBase::end(PoolTask& task, std::uint32_t outcome) {
  std::uint32_t seen = task.state.load(std::memory_order_relaxed);
  for (;;) {
    const bool detached = (seen & PoolTask::kDetached) != 0;
    if (task.state.compare_exchange_weak(seen, detached ? PoolTask::free : outcome,
                                         std::memory_order_acq_rel, std::memory_order_relaxed))
      break;
  }
  if ((seen & PoolTask::kWatched) != 0) results_.tell(task);
}

bool PoolBase::cancel(PoolTask& task) {
  std::uint32_t seen = task.state.load(std::memory_order_relaxed);
  while (PoolTask::state_of(seen) == PoolTask::queued)
    if (task.state.compare_exchange_weak(seen, (seen & ~PoolTask::kState) | PoolTask::cancelled,
                                         std::memory_order_acq_rel, std::memory_order_relaxed))
      return true;
  return false;
}

void PoolBase::detach(PoolTask& task) {
  ++task.uses;
  std::uint32_t seen = task.state.load(std::memory_order_relaxed);
  while (PoolTask::under_way(seen))
    if (task.state.compare_exchange_weak(seen, seen | PoolTask::kDetached,
                                         std::memory_order_acq_rel, std::memory_order_relaxed))
      return;
  free_place(task);
}

void PoolBase::release(PoolTask& task) {
  ++task.uses;
  free_place(task);
}

// What was cancelled is in its lane until a server has passed it: whoever comes second, server or
// future, frees its place.
void PoolBase::free_place(PoolTask& task) {
  std::uint32_t seen = task.state.load(std::memory_order_acquire);
  if (PoolTask::state_of(seen) == PoolTask::cancelled)
    seen = task.state.fetch_or(PoolTask::kDetached, std::memory_order_acq_rel);
  if (PoolTask::state_of(seen) != PoolTask::cancelled || (seen & PoolTask::kPassed) != 0)
    task.state.store(PoolTask::free, std::memory_order_release);
}

void PoolBase::pass(PoolTask& task) {
  const std::uint32_t seen = task.state.fetch_or(PoolTask::kPassed, std::memory_order_acq_rel);
  if ((seen & PoolTask::kDetached) == 0) return;
  task.state.store(PoolTask::free, std::memory_order_release);
  if ((seen & PoolTask::kWatched) != 0) results_.tell(task);
}

void PoolBase::fail(const Worker& worker, PoolTask& task) {
  const bool cancelled =
      PoolTask::state_of(task.state.load(std::memory_order_acquire)) == PoolTask::cancelled;
  const std::string what =
      cancelled
          ? fmt::format("worker {}, pool '{}': the task was cancelled", worker.index(), name())
          : fmt::format("worker {}, pool '{}': the task threw under worker {}: {}", worker.index(),
                        name(), task.ran_by, task.error());
  release(task);
  if (cancelled) throw TaskCancelled(what);
  throw TaskFailed(what);
}

// --- Waiting for the end of a task.

template <class Enter>
bool PoolBase::Results::watch(const Worker& worker, PoolTask& task, Enter&& enter_queue) {
  const Guard guard(*this);
  std::uint32_t seen = task.state.load(std::memory_order_acquire);
  do {
    const bool will_be_free = (seen & PoolTask::kDetached) != 0;
    if (!PoolTask::under_way(seen) && !will_be_free) return false;
  } while (!task.state.compare_exchange_weak(seen, seen | PoolTask::kWatched,
                                             std::memory_order_acq_rel, std::memory_order_acquire));
  task.waiter = number_of(worker);
  worker.wait_slot()->ticket = ticket_of(task);
  enter_queue();
  return true;
}

bool PoolBase::Results::enter(const Worker& worker, PoolTask& task, WaitLimit limit) {
  return watch(worker, task, [&] { enter_queue(worker, limit); });
}

bool PoolBase::Results::enter(ParkedOperation& operation, PoolTask& task) {
  return watch(*operation.worker, task, [&] { enter_queue(operation); });
}

bool PoolBase::Results::block(Worker& worker, PoolTask& task, WaitLimit limit) {
  const auto ended = [&] {
    const std::uint32_t state = task.state.load(std::memory_order_acquire);
    return !PoolTask::under_way(state) && (state & PoolTask::kDetached) == 0;
  };
  return worker.block_on(name(), [&] {
    if (table().crew().may_spin && spin_until(ended)) return true;
    return !enter(worker, task, limit) || block_in_queue(worker, limit);
  });
}

// Once its state says that it has ended: whoever came to wait before that is in the queue, since it
// said so under the Guard. One that gave up since may wait for another task now.
void PoolBase::Results::tell(const PoolTask& task) {
  Waking waking;
  {
    const Guard guard(*this);
    const int waiter = static_cast<int>(task.waiter) - 1;
    if (table().slot(waiter).ticket == ticket_of(task)) waking = take(waiter);
  }
  wake(waking);
}

}  // namespace convoy
