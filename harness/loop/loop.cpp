#include "harness/loop/loop.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <system_error>
#include <utility>

#include "harness/base/check.hpp"
#include "harness/gil/without_lock.hpp"
#include "harness/loop/fibers.hpp"
#include "harness/loop/reactor.hpp"
#include "harness/work/worker.hpp"

namespace convoy {
namespace {

std::unique_ptr<Reactor> make_reactor(Engine engine, Gil& gil, Seat& seat) {
  if (engine == Engine::epoll) return make_epoll_reactor(gil, seat);
  if (engine == Engine::io_uring) return make_uring_reactor(gil, seat);
  try {
    return make_uring_reactor(gil, seat);
  } catch (const std::system_error&) {
    return make_epoll_reactor(
        gil, seat);  // old kernels, containers and seccomp filters have no io_uring
  }
}

// Of a million that slept no frame is in a cache. The first of them has been fetched before, so
// that the second is known.
void prefetch_following(const SuspensionQueue& batch) {
  const Suspension* const first = batch.front();
  if (first == nullptr) return;
  __builtin_prefetch(first->next);
  __builtin_prefetch(first->continuation.address());
  __builtin_prefetch(first->worker);
}

std::optional<nanoseconds> earlier(std::optional<nanoseconds> a, std::optional<nanoseconds> b) {
  return a && b ? std::min(a, b) : a ? a : b;
}

}  // namespace

Engine parse_engine(std::string_view text) {
  if (text == "auto") return Engine::automatic;
  if (text == "epoll") return Engine::epoll;
  if (text == "io_uring") return Engine::io_uring;
  throw UsageError(
      "unknown engine '" + std::string(text) +
      "': event loops wait through epoll or io_uring; use --engine auto, epoll or io_uring");
}

Loop::Loop(Engine engine, Gil& gil, Seat& seat)
    : gil_(gil), seat_(seat), reactor_(make_reactor(engine, gil, seat)) {}

// Whoever says why a crew failed has done so: until now those that waited still did.
Loop::~Loop() {
  abandons_ = true;
  // A body that catches whatever it is thrown may wait again.
  while (fibers_ && fibers_->abandon()) drop_waits();
}

const char* Loop::engine() const { return reactor_->name(); }
const char* Loop::file_io() const { return reactor_->file_io(); }

NobodyLeft::NobodyLeft()
    : std::system_error(std::make_error_code(std::errc::resource_deadlock_would_occur),
                        "event loop: every worker waits and nothing pending can wake one; look in "
                        "the workload for a wait outside the worker's own verbs") {}

void Loop::expect_mail() {
  mail_event_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!mail_event_) throw_errno("eventfd", "raise `ulimit -n`");
  reactor_->listen(mail_event_.get());
}

void Loop::give_stacks(std::size_t bytes, std::size_t most, int carriers) {
  fibers_ = std::make_unique<Fibers>(bytes, most, carriers, fiber_);
}

StackSwitch Loop::next_stack() { return fibers_->next_stack(); }

// The call that tells another carrier keeps the interpreter lock: who wakes may hold an object's
// own lock, and who waits for that may hold the interpreter's.
void Loop::wake(ParkedOperation& operation) {
  if (std::this_thread::get_id() == carrier_) {
    parked_.remove(operation);
    ready_.push(operation);
    return;
  }
  // Release: see mail_. Once it is listed it may be resumed, and gone, at any time.
  Suspension* before = mail_.load(std::memory_order_relaxed);
  do operation.next = before;
  while (!mail_.compare_exchange_weak(before, &operation, std::memory_order_release,
                                      std::memory_order_relaxed));
  if (before != nullptr) return;  // it has been told, and has not looked yet
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(mail_event_.get(), &one, sizeof one);
}

void Loop::open_mail() {
  // Relaxed: most often there is none; acquire: see mail_.
  if (mail_.load(std::memory_order_relaxed) == nullptr) return;
  Suspension* letter = mail_.exchange(nullptr, std::memory_order_acquire);
  Suspension* first = nullptr;
  while (letter != nullptr) {
    Suspension* const before = letter->next;
    letter->next = first;
    first = letter;
    letter = before;
  }
  while (first != nullptr) {
    Suspension* const next = first->next;
    parked_.remove(static_cast<ParkedOperation&>(*first));
    ready_.push(*first);
    first = next;
  }
}

void Loop::expire_parked(nanoseconds time) {
  while (ParkedOperation* const late = parked_.late(time)) {
    parked_.forget_limit(*late);
    if (!late->leave(*late, ParkedOperation::Leaving::late)) continue;
    parked_.remove(*late);
    ready_.push(*late);
  }
}

bool Loop::wait(Suspension& suspension) {
  using Kind = Suspension::Kind;
  if (suspension.is_call()) return reactor_->start(static_cast<Operation&>(suspension));
  if (suspension.kind == Kind::turn) ready_.push(suspension);
  else if (suspension.kind == Kind::park) parked_.add(static_cast<ParkedOperation&>(suspension));
  else timers_.add(suspension);
  return true;
}

// Resumes the next of the batch without a detour by the loop. Not without end: where a compiler
// does not make a jump of it, each is a call within the other's. And not where a body has resumed a
// coroutine of its own, which pauses: that body goes on at once.
std::coroutine_handle<> Loop::pause(Suspension& suspension) {
  if (suspension.kind == Suspension::Kind::turn) ready_.push(suspension);
  else timers_.add(suspension);
  if (transfers_left_ == 0 || suspension.continuation.address() != resumed_)
    return std::noop_coroutine();
  const Suspension* const next = batch_.pop();
  if (next == nullptr) return std::noop_coroutine();
  --transfers_left_;
  resumed_ = next->continuation.address();
  prefetch_following(batch_);
  return next->continuation;
}

void Loop::run(std::span<Task> tasks, std::span<const int> workers) {
  ends_ = {};
  timers_.expire(now(), ready_);  // nobody sleeps yet: tells them what time it is
  try {
    start_all(tasks, workers);
    while (ends_.finished < tasks.size() && ends_.failed == nullptr) {
      open_mail();
      resume(ready_.take());
      if (ends_.finished == tasks.size() || ends_.failed != nullptr) break;
      const bool outside = reactor_->pending() != 0 || !timers_.empty() ||
                           parked_.next_deadline() || (mail_event_ && !parked_.empty());
      // Nobody is runnable and nothing is awaited from the kernel: waiting on would be for ever.
      if (!outside && ready_.empty()) throw NobodyLeft();
      if (outside) {
        poll();
        resume_ended();
      } else {
        give_way();
      }
    }
    if (ends_.failed != nullptr) std::rethrow_exception(ends_.failed->failure);
  } catch (const SeatMustExit&) {
    drop_waits();  // the interpreter has ended, and its lock with it
    throw;
  } catch (...) {
    take_back();
    throw;
  }
}

void Loop::start_all(std::span<Task> tasks, std::span<const int> workers) {
  transfers_left_ = 0;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    Task& task = tasks[i];
    task.count_end_in(ends_);
    const int worker = i < workers.size() ? workers[i] : static_cast<int>(i);
    const RecordedTask recorded(seat_.recorder, worker, kTaskStarts);
    if (fibers_) fibers_->start(task, worker);
    else task.resume();
    if (ends_.failed != nullptr) return;
  }
}

// Who becomes ready meanwhile is of the next batch, after a poll.
void Loop::resume(SuspensionQueue batch) {
  constexpr int kTransfers = 63;
  Recorder* const recorder = seat_.recorder;
  if (fibers_ && recorder == nullptr) return fibers_->resume(batch, ends_);
  batch_ = batch;
  while (Suspension* const suspension = batch_.pop()) {
    prefetch_following(batch_);
    if (recorder == nullptr) [[likely]] {
      transfers_left_ = kTransfers;
      resumed_ = suspension->continuation.address();
      suspension->continuation.resume();
    } else {
      transfers_left_ = 0;
      resume_recorded(*suspension);
    }
    if (ends_.failed != nullptr) return;
  }
}

// Those whose calls have ended.
void Loop::resume_ended() {
  SuspensionQueue ended;
  while (ends_.failed == nullptr && reactor_->collect(ended)) resume(ended.take());
}

void Loop::resume_recorded(Suspension& suspension) {
  const int worker = suspension.worker == nullptr ? 0 : suspension.worker->index();
  const RecordedTask recorded(seat_.recorder, worker, static_cast<std::uint8_t>(suspension.kind));
  suspension.continuation.resume();
}

void Loop::poll() {
  Idle wait;
  const auto due = earlier(timers_.next_deadline(), parked_.next_deadline());
  if (!ready_.empty()) wait.timeout = nanoseconds(0);
  else if (due) wait.timeout = std::max(nanoseconds(0), *due - now());
  if (reactor_->pending() == 0) wait.cause = due ? WaitCause::sleep : WaitCause::lock;
  if (wait.cause == WaitCause::lock && seat_.recorder != nullptr)
    wait.kind = seat_.recorder->kind_of_lock("another event loop");
  const nanoseconds idle = reactor_->poll(wait);
  SeatWaits& waits = seat_.waits;
  (wait.cause == WaitCause::io      ? waits.io_ns
   : wait.cause == WaitCause::sleep ? waits.sleep_ns
                                    : waits.lock_ns) += idle.count();
  if (timers_.empty() && !parked_.next_deadline()) return;
  const nanoseconds time = now();
  timers_.expire(time, ready_);
  expire_parked(time);
}

// Where all that is left are turns, the kernel has nothing to tell; the lock is dropped all the
// same, as around a poll.
void Loop::give_way() {
  without_lock(gil_, seat_, [] {});
}

void Loop::take_back() {
  const nanoseconds held_since = seat_.hold_began;
  without_lock(gil_, seat_, [this] { drop_waits(); });
  seat_.hold_began = held_since;  // for whoever tells of the failure
}

void Loop::drop_waits() {
  reactor_->take_back();
  timers_.clear();
  batch_ = {};
  open_mail();
  while (ParkedOperation* const operation = parked_.newest()) {
    operation->leave(*operation, ParkedOperation::Leaving::abandoned);
    parked_.remove(*operation);
  }
  ready_ = {};
}

}  // namespace convoy
