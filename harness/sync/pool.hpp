// Pool: workers that run what others hand in, and futures for what comes of it.
// lint: long because a pool and its futures are one interface
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

#include "harness/sync/pool_base.hpp"

namespace convoy {

// What comes of a task that was submitted. Belongs to the worker that submitted it, which asks for
// the result once or detaches it; may be copied, but only one of the copies may do so.
template <class R>
class [[nodiscard]] Future {
 public:
  Future(PoolBase& of, PoolTask& its) : pool_(&of), task_(&its), uses_(its.uses) {}

  // How a worker waits for it; for SyncWait.
  template <bool limited>
  class Result : public SyncHandle<Result<limited>> {
   public:
    explicit Result(const Future& of) : future_(of) {}
    operator SyncObject*() const { return &future_.pool_->results(); }
    bool attempt(const Worker& worker) {
      future_.check(worker);
      return !PoolTask::under_way(future_.task_->state.load(std::memory_order_acquire));
    }
    bool block(Worker& worker, WaitLimit limit) {
      return future_.pool_->results().block(worker, *future_.task_, limit);
    }
    bool park(ParkedOperation& operation) {
      return future_.pool_->results().enter(operation, *future_.task_);
    }
    auto conclude(const Worker& worker, bool got, bool) {
      if constexpr (limited) return got ? std::optional<R>(future_.take(worker)) : std::nullopt;
      else return future_.take(worker);
    }

   private:
    Future future_;
  };

  // co_await result(worker): what the task returned; the second form has nothing after `limit`, and
  // may be asked again then. Throws TaskFailed, TaskCancelled, or SyncError where it was asked
  // before.
  SyncWait<Result<false>> result(Worker& worker) const { return {Result<false>(*this), worker}; }
  SyncWait<Result<true>> result(Worker& worker, nanoseconds limit) const {
    return {Result<true>(*this), worker, now() + limit};
  }
  // Whether result() would not wait.
  bool done() const { return !PoolTask::under_way(task_->state.load(std::memory_order_acquire)); }
  // True: it will not run, and its result is TaskCancelled. False: it has begun, or has ended.
  bool cancel() const { return pool_->cancel(*task_); }
  // Nobody will ask for its result.
  void detach() const { pool_->detach(*task_); }

 private:
  void check(const Worker& worker) const {
    if (task_->uses != uses_) [[unlikely]]
      pool_->used_twice(worker);
  }
  R take(const Worker& worker) const {
    const auto state = PoolTask::state_of(task_->state.load(std::memory_order_acquire));
    if (state != PoolTask::done) [[unlikely]]
      pool_->fail(worker, *task_);
    const R result = task_->read<R>();
    pool_->release(*task_);
    return result;
  }

  PoolBase* pool_;
  PoolTask* task_;
  std::uint32_t uses_;
};

// What a callback is told of its task.
template <class R>
struct TaskOutcome {
  std::optional<R> result;  // none: it threw
  std::string_view error;   // what it threw
};
template <class R>
using TaskCallback = void (*)(Worker&, const TaskOutcome<R>&);

// How a worker hands in a task; for SyncWait.
template <class R, class A>
class Submission : public SyncHandle<Submission<R, A>> {
 public:
  using Function = R (*)(Worker&, A);
  Submission(PoolBase& to, Function what, const A& with, TaskCallback<R> then)
      : pool_(&to), function_(what), callback_(then), argument_(with) {}
  operator SyncObject*() const { return &pool_->results(); }

  bool attempt(const Worker& worker) {
    task_ = pool_->room(worker);
    if (task_ == nullptr) return false;
    hand_in(worker);
    return true;
  }
  bool block(Worker& worker, WaitLimit limit) {
    while (!attempt(worker))
      if (!pool_->results().block(worker, pool_->place_of_next(worker), limit)) return false;
    return true;
  }
  bool park(ParkedOperation& operation) {
    const Worker& worker = *operation.worker;
    while (!pool_->results().enter(operation, pool_->place_of_next(worker)))
      if (attempt(worker)) return false;
    return true;
  }
  Future<R> conclude(const Worker& worker, bool, bool) {
    // Woken, so that its place is free: nobody else puts anything there.
    if (task_ == nullptr && !attempt(worker)) pool_->used_twice(worker);
    return {*pool_, *task_};
  }

 private:
  void hand_in(const Worker& worker) {
    task_->invoke = [](Worker& server, PoolTask& task) {
      task.write(reinterpret_cast<Function>(task.function)(server, task.read<A>()));
    };
    task_->function = reinterpret_cast<PoolTask::Plain>(function_);
    task_->callback = reinterpret_cast<PoolTask::Plain>(callback_);
    task_->tell = callback_ == nullptr ? nullptr : &tell;
    task_->write(argument_);
    pool_->publish(worker, *task_);
  }
  static void tell(Worker& worker, const PoolTask& task, bool failed) {
    TaskOutcome<R> outcome;
    if (failed) outcome.error = task.error();
    else outcome.result = task.read<R>();
    reinterpret_cast<TaskCallback<R>>(task.callback)(worker, outcome);
  }

  PoolBase* pool_;
  Function function_;
  TaskCallback<R> callback_;
  A argument_;
  PoolTask* task_ = nullptr;
};

// CPython's concurrent.futures: some workers hand in tasks, others serve.
//   const Synced<Pool> pool{"pool", [](const Setup& s) { return PoolSize{s.workers() - 1, 64}; }};
//   Future<int> answer = co_await worker[pool].submit(worker, &task, argument);
//   const int value = co_await answer.result(worker);
// and, in those that serve, until the pool is closed:
//   const Job job = co_await worker[pool].next(worker);
//   job.run(worker);
// Tasks of one worker begin in the order in which they were submitted. Threads, processes and
// coroutines do all this alike; a task is a plain function, so one on an event loop runs to its end
// before another worker of that loop goes on.
class Pool : public PoolBase {
 public:
  Pool(const ObjectPlace& place, const PoolSize& size) : PoolBase(place, size) {}

  // co_await submit(worker, function, argument): its future. Waits while the worker has handed in
  // as many as there is room for. `callback` is called by the server that has run the task, before
  // anybody gets its result. Throws SyncError where the pool is closed, and where there is no room
  // since nobody has asked for the results.
  template <class R, class A>
  SyncWait<Submission<R, A>> submit(Worker& worker, R (*function)(Worker&, A),
                                    std::type_identity_t<A> argument,
                                    TaskCallback<R> callback = nullptr) {
    return {Submission<R, A>(*this, function, argument, callback), worker};
  }

  // Has servers call function(worker, 0) to (worker, count - 1), `chunk` of them at a time, and
  // stores what each returns at `results`, which all workers share; its future has `count`. Each
  // worker has one at a time. Throws SyncError where it has one under way, where it has no room for
  // a task a server, and where the pool is closed. A function that throws ends the whole map.
  template <class R>
  Future<std::int64_t> map(Worker& worker, R (*function)(Worker&, std::int64_t), std::int64_t count,
                           std::int64_t chunk, R* results) {
    return {*this, begin_map(worker, {&run_some<R>, reinterpret_cast<PoolTask::Plain>(function),
                                      count, chunk, results})};
  }

 private:
  template <class R>
  static void run_some(Worker& worker, PoolTask& task) {
    run_part(worker, task, [&worker](const Map& map, std::int64_t number) {
      const auto function = reinterpret_cast<R (*)(Worker&, std::int64_t)>(map.function);
      static_cast<R*>(map.results)[number] = function(worker, number);
    });
  }
};

}  // namespace convoy
