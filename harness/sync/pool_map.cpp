// A map is a task of every server, each of which takes the next of its numbers until none is left.
#include <algorithm>

#include "harness/sync/pool_base.hpp"

namespace convoy {

PoolTask& PoolBase::begin_map(Worker& worker, const MapPlan& plan) {
  const auto own = static_cast<std::uint32_t>(worker.index());
  Map& map = lanes_[own].map;
  if (plan.count < 0 || plan.chunk < 1)
    misused(worker, "a map of less than 0 numbers, or of chunks below 1");
  if (map.whole.state.load(std::memory_order_acquire) != PoolTask::free)
    misused(worker, "a second map of one worker: ask for the result of the first one before");
  map.next.store(0, std::memory_order_relaxed);
  map.count = plan.count;
  map.chunk = plan.chunk;
  map.results = plan.results;
  map.function = plan.function;
  map.has_failed.store(false, std::memory_order_relaxed);
  const std::int64_t chunks = (plan.count + plan.chunk - 1) / plan.chunk;
  const auto runners =
      static_cast<std::uint32_t>(std::clamp<std::int64_t>(chunks, 1, size_.servers));
  map.runners.store(runners, std::memory_order_relaxed);
  map.whole.state.store(PoolTask::running, std::memory_order_relaxed);
  for (std::uint32_t i = 0; i < runners; ++i) {
    PoolTask* const task = room(worker);
    if (task == nullptr)
      misused(worker, "no room for one task per server: give it a larger capacity");
    task->invoke = plan.runner;
    task->tell = nullptr;
    task->write(Part{&map});
    publish(worker, *task, PoolTask::kDetached | PoolTask::kPart);
  }
  return map.whole;
}

void PoolBase::note_failure(const Worker& worker, Map& map, std::string_view what) {
  map.next.store(map.count, std::memory_order_relaxed);
  if (map.has_failed.exchange(true, std::memory_order_acq_rel)) return;
  map.whole.ran_by = static_cast<std::uint32_t>(worker.index());
  map.whole.write_error(what);
}

void PoolBase::end_part(Map& map) {
  // Acquire-release: the last one publishes what all have stored.
  if (map.runners.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  if (map.has_failed.load(std::memory_order_relaxed)) return end(map.whole, PoolTask::failed);
  // Runners that were cancelled have left numbers.
  if (map.next.load(std::memory_order_relaxed) < map.count)
    return end(map.whole, PoolTask::cancelled | PoolTask::kPassed);
  map.whole.write(map.count);
  end(map.whole, PoolTask::done);
}

}  // namespace convoy
