// What a pool does whatever its tasks return: tasks, where they wait, and the workers that serve.
// lint: long because a task is read from its submission to its end
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

#include "harness/sync/object.hpp"

namespace convoy {

// A task threw. Says what it threw, and under which worker.
class TaskFailed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};
// A task was cancelled before it began.
class TaskCancelled : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// How large a pool is.
struct PoolSize {
  std::int64_t servers;   // how many workers run tasks
  std::int64_t capacity;  // tasks that one worker may have handed in and not taken back
};

// One task from its submission until somebody has what came of it, in memory that all workers
// share: so its function is a plain one, and its argument and its result may be copied as bytes.
struct alignas(128) PoolTask {
  enum State : std::uint32_t { free, queued, running, done, failed, cancelled };
  static constexpr std::uint32_t kState = 7;
  static constexpr std::uint32_t kWatched = 8;    // `waiter` is to be told
  static constexpr std::uint32_t kDetached = 16;  // nobody will ask for the result
  static constexpr std::uint32_t kPassed = 32;    // cancelled; no server will look at it any more
  static constexpr std::uint32_t kPart = 64;      // of a map: its argument is a Part
  static constexpr std::size_t kMostBytes = 80;

  using Plain = void (*)();  // a function of which `invoke` or `tell` knows the type

  // State and flags. Release by who writes the rest, acquire by who reads it.
  std::atomic<std::uint32_t> state{free};
  std::uint32_t waiter = 0;  // 1 + the worker that waits; under the lock of those who wait
  std::uint32_t ran_by = 0;
  std::uint32_t uses = 0;  // ended ones; by the worker whose task it is
  void (*invoke)(Worker&, PoolTask&) = nullptr;
  Plain function = nullptr;
  void (*tell)(Worker&, const PoolTask&, bool failed) = nullptr;  // calls `callback`
  Plain callback = nullptr;
  // The argument, then the result, or the text of what was thrown, ended by a zero.
  alignas(16) std::array<std::byte, kMostBytes> bytes{};

  static State state_of(std::uint32_t word) { return static_cast<State>(word & kState); }
  static bool under_way(std::uint32_t word) {
    return state_of(word) == queued || state_of(word) == running;
  }
  template <class T>
  T read() const {
    T value;
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  template <class T>
  void write(const T& value) {
    static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= kMostBytes);
    std::memcpy(bytes.data(), &value, sizeof value);
  }
  // As much of it as there is room for.
  void write_error(std::string_view what);
  const char* error() const { return reinterpret_cast<const char*>(bytes.data()); }
};

class PoolBase;

// A task that a server has been given. Run it once.
class Job {
 public:
  Job(PoolBase* pool, PoolTask* task) : pool_(pool), task_(task) {}
  explicit operator bool() const { return task_ != nullptr; }
  // What the task throws goes to its future; what its callback throws, to whoever calls this.
  void run(Worker& worker) const;

 private:
  PoolBase* pool_;
  PoolTask* task_;
};

// See Pool.
class PoolBase : public SyncObject {
 public:
  static constexpr std::int64_t kMostTasks = 1 << 20;
  static std::size_t extra_bytes(const ObjectPlace& place, const PoolSize& size);

  // How a server gets the next task; for SyncWait.
  class Next : public SyncHandle<Next> {
   public:
    explicit Next(PoolBase& pool) : pool_(&pool) {}
    operator SyncObject*() const { return pool_; }
    bool attempt(const Worker& worker);
    bool block(Worker& worker, WaitLimit limit);
    bool park(ParkedOperation& operation);
    static bool leave(ParkedOperation& operation, ParkedOperation::Leaving why);
    Job conclude(const Worker& worker, bool got, bool suspended);

   private:
    template <class Enter>
    bool enter(const Worker& worker, Enter&& enter_queue);

    PoolBase* pool_;
    PoolTask* task_ = nullptr;
    bool entered_ = false;
  };

  // co_await next(worker): a job, or none once the pool is closed and all are given out; the second
  // form has none after `limit`, either.
  SyncWait<Next> next(Worker& worker) { return {Next(*this), worker}; }
  SyncWait<Next> next(Worker& worker, nanoseconds limit) {
    return {Next(*this), worker, now() + limit};
  }
  // The same without waiting.
  Job try_next(const Worker& worker) { return {this, claim(worker)}; }
  // Runs tasks until none waits, as who waits for results may do in place of sleeping.
  void help(Worker& worker) {
    while (const Job job = try_next(worker)) job.run(worker);
  }
  // No task is taken any more. Those that are there are run still, or with `cancel` only those that
  // have begun.
  void close(bool cancel_queued = false);
  std::int64_t servers() const { return size_.servers; }
  // For the fixture.
  void reset();

  // --- For futures and submissions.
  // A task of this worker's to be filled in and published; null where one will be free once it has
  // run. Throws SyncError where the pool is closed, and where waiting would not help.
  PoolTask* room(const Worker& worker);
  // Where its next task goes; perhaps not free yet.
  PoolTask& place_of_next(const Worker& worker) const;
  void publish(const Worker& worker, PoolTask& task, std::uint32_t flags = 0);
  bool cancel(PoolTask& task);
  // Nobody will ask for its result, any more or at all.
  void detach(PoolTask& task);
  // The future's worker has its result: the place is free again.
  void release(PoolTask& task);
  [[noreturn]] void fail(const Worker& worker, PoolTask& task);
  [[noreturn]] void used_twice(const Worker& worker) const {
    misused(worker, "a future was asked again after its result was taken, or after detach()");
  }

  // On whom those wait who have handed something in.
  class Results : public SyncObject {
   public:
    explicit Results(const ObjectPlace& place)
        : SyncObject(place, "results of a pool", FreedBy::anybody) {}
    // True: the worker is in the queue until the task ends. False: it has ended.
    bool enter(const Worker& worker, PoolTask& task, WaitLimit limit);
    bool enter(ParkedOperation& operation, PoolTask& task);
    bool block(Worker& worker, PoolTask& task, WaitLimit limit);
    void tell(const PoolTask& task);
    void reset() { clear_queue(); }

   private:
    template <class Enter>
    bool watch(const Worker& worker, PoolTask& task, Enter&& enter_queue);
  };
  Results& results() { return results_; }

 protected:
  // Throws std::invalid_argument where nobody serves, or for a capacity of 0.
  PoolBase(const ObjectPlace& place, const PoolSize& size);

  // A map of one worker: servers take the next of its numbers until none is left.
  struct Map {
    PoolTask whole;  // what its future is of; in no lane
    std::atomic<std::int64_t> next{0};
    std::int64_t count = 0, chunk = 1;
    void* results = nullptr;
    PoolTask::Plain function = nullptr;
    std::atomic<std::uint32_t> runners{0};  // still at it
    std::atomic<bool> has_failed{false};
  };
  // What one of its runners is given.
  struct Part {
    Map* map;
  };
  // What the map is, less its runners, which are of one type a type of results.
  struct MapPlan {
    void (*runner)(Worker&, PoolTask&);
    PoolTask::Plain function;
    std::int64_t count, chunk;
    void* results;
  };
  PoolTask& begin_map(Worker& worker, const MapPlan& plan);
  // Calls `one` with the numbers of each chunk that this runner gets.
  template <class One>
  static void run_part(Worker& worker, const PoolTask& task, One&& one) {
    Map& map = *task.read<Part>().map;
    try {
      for (;;) {
        const std::int64_t first = map.next.fetch_add(map.chunk, std::memory_order_relaxed);
        if (first >= map.count) break;
        const std::int64_t end = map.count - first < map.chunk ? map.count : first + map.chunk;
        for (std::int64_t number = first; number < end; ++number) one(map, number);
      }
    } catch (const std::exception& error) {
      note_failure(worker, map, error.what());
    } catch (...) {
      note_failure(worker, map, "something that is not a std::exception");
    }
  }
  static void note_failure(const Worker& worker, Map& map, std::string_view what);

 private:
  friend class Job;

  // What one worker has handed in: its tasks from `head` to `tail` wait. Who submits moves the
  // tail, who serves the head.
  struct Lane {
    alignas(128) std::atomic<std::uint64_t> tail{0};
    alignas(128) std::atomic<std::uint64_t> head{0};
    // A tail that a server has seen, so that not every task takes that word from who submits.
    std::atomic<std::uint64_t> seen_tail{0};
    alignas(128) Map map;
  };
  struct Server {
    PoolTask* given = nullptr;  // while it waited; under the Guard
    std::uint32_t lane = 0;     // where it looks first; its own
  };

  static constexpr std::uint32_t kNobody = 0xFFFFFFFF;
  static std::uint64_t places(const PoolSize& size);
  // One's own tasks are nobody else's business once they are out of their lane: only who has
  // submitted a task cancels it, detaches it, or waits for it.
  bool is_own(const Worker& worker, const PoolTask& task) const {
    return &task - tasks_ >= worker.index() * static_cast<std::ptrdiff_t>(mask_ + 1) &&
           &task - tasks_ < (worker.index() + 1) * static_cast<std::ptrdiff_t>(mask_ + 1);
  }
  PoolTask& task_at(std::uint32_t lane, std::uint64_t position) const {
    return tasks_[lane * (mask_ + 1) + (position & mask_)];
  }
  // A task for a server to run, or null; lanes in turn from this one.
  PoolTask* claim(const Worker& worker);
  PoolTask* claim(std::uint32_t first, std::uint32_t own = kNobody);
  PoolTask* claim_from(std::uint32_t number, bool own);
  void give_out();
  void run(Worker& worker, PoolTask& task);
  // `outcome`: a state, and kPassed where that is so.
  void end(PoolTask& task, std::uint32_t outcome);
  // Whose runner the task is, or null.
  static Map* map_of(const PoolTask& task) {
    const bool is_part = (task.state.load(std::memory_order_relaxed) & PoolTask::kPart) != 0;
    return is_part ? task.read<Part>().map : nullptr;
  }
  void end_part(Map& map);
  void free_place(PoolTask& task);
  void pass(PoolTask& task);  // cancelled, so that no server runs it

  const PoolSize size_;
  const std::uint64_t mask_;
  Lane* const lanes_;                // of every worker
  PoolTask* const tasks_;            // mask_ + 1 of every worker
  Server* const servers_;            // of every worker
  std::atomic<bool> closed_{false};  // under the Guard; relaxed where it is looked at without
  std::atomic<std::uint32_t> lanes_used_{0};
  // In the queue or about to be. Sequentially consistent with the tails: either who comes sees the
  // task, or who submits it sees who comes.
  std::atomic<std::uint32_t> waiting_{0};
  Results results_;
};

}  // namespace convoy
