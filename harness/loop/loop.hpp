// An event loop: what suspends coroutine workers and resumes them when what they wait for has come.
#pragma once

#include <atomic>
#include <exception>
#include <memory>
#include <span>
#include <string_view>
#include <system_error>
#include <thread>

#include "harness/base/seat.hpp"
#include "harness/base/unique_fd.hpp"
#include "harness/gil/gil.hpp"
#include "harness/loop/parked.hpp"
#include "harness/loop/queue.hpp"
#include "harness/loop/timers.hpp"
#include "harness/work/operation.hpp"
#include "harness/work/task.hpp"

namespace convoy {

class Fibers;
class Reactor;

// Every worker of an event loop waits, and nothing is under way that could wake one.
class NobodyLeft : public std::system_error {
 public:
  NobodyLeft();
};

// How the kernel is asked; automatic takes io_uring where the kernel lets us, else epoll.
enum class Engine { automatic, epoll, io_uring };

// "auto", "epoll" or "io_uring"; throws UsageError for anything else.
Engine parse_engine(std::string_view text);

// One carrier's loop. Made, run and destroyed by the carrier's own thread (io_uring binds its ring
// to the maker), after any fork. Blocks in the kernel when nobody can run, and in the lock whenever
// another seat holds it.
class Loop final : public Waiter {
 public:
  // Throws std::system_error when the engine asked for is not to be had.
  Loop(Engine engine, Gil& gil, Seat& seat);
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  // Takes back whatever is still under way, so suspended tasks may be destroyed afterwards, not
  // before. Where they have stacks of their own, their bodies are left by WorkerAbandoned here.
  ~Loop() override;

  // Starts the tasks in order and resumes them until all have ended. The caller holds the lock
  // before and after; the loop drops it around every system call. When a body throws, the loop
  // stops at once, takes back every wait and rethrows; the other tasks stay suspended, to be
  // destroyed. May be called again with new tasks. `workers`: whose the tasks are, for recordings;
  // empty: they are numbered.
  void run(std::span<Task> tasks, std::span<const int> workers = {});

  // From now on other carriers may wake its workers. Throws std::system_error.
  void expect_mail();
  // From now on each task runs on a stack of its own, of so many bytes; `most` of them at a time.
  // `carriers`: how many of this process do so. Once, outside run(). Throws std::system_error.
  void give_stacks(std::size_t bytes, std::size_t most, int carriers = 1);
  // Null where it was not called.
  const Fibers* fibers() const { return fibers_.get(); }

  // For awaiters, inside run() only.
  bool wait(Suspension& suspension) override;
  std::coroutine_handle<> pause(Suspension& suspension) override;
  // From any thread, once expect_mail() was called; before that from the carrier's only.
  void wake(ParkedOperation& operation) override;

  // What ran, for the result: "epoll" or "io_uring".
  const char* engine() const;
  // How waits for regular files were served: "io_uring", "offload thread", or "none used" so far.
  const char* file_io() const;

 private:
  StackSwitch next_stack() override;
  void start_all(std::span<Task> tasks, std::span<const int> workers);
  void resume(SuspensionQueue batch);
  void resume_ended();
  void resume_recorded(Suspension& suspension);
  void poll();
  void give_way();
  void take_back();
  void drop_waits();
  void open_mail();
  void expire_parked(nanoseconds time);

  Gil& gil_;
  Seat& seat_;
  SuspensionQueue ready_;
  SuspensionQueue batch_;  // those that are being resumed
  // See pause: how many more may be resumed so, and whom the loop has resumed.
  int transfers_left_ = 0;
  const void* resumed_ = nullptr;
  Task::Ends ends_;
  Timers timers_;
  Parked parked_;
  // Woken by other carriers, the latest first, linked by `next`. Release where one is added and
  // acquire where all are taken, so that what the waker did is seen.
  std::atomic<Suspension*> mail_{nullptr};
  UniqueFd mail_event_;  // readable when mail has come; none without other carriers
  const std::thread::id carrier_ = std::this_thread::get_id();
  std::unique_ptr<Reactor> reactor_;
  std::unique_ptr<Fibers> fibers_;
};

}  // namespace convoy
