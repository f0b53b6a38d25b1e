// Tasks handed in one by one: to a pool of workers that are there, or to a thread, a process or a
// coroutine that is started for each.
// lint: long because five ways to have tasks done are compared
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <vector>

#include "harness/sync/barrier.hpp"
#include "harness/sync/proof.hpp"
#include "harness/sync/server.hpp"
#include "harness/work/workload.hpp"

using namespace std::chrono_literals;

static const convoy::Choice how{
    "how",
    {"pool", "spawn_thread", "spawn_process", "spawn_coroutine", "semaphore"},
    "pool: all workers but the first serve; spawn_*: one is started for each task, as many at a "
    "time as would serve; semaphore: up to 64 threads exist, one for each task, and a semaphore "
    "lets as many run as would serve"};
namespace {
enum How : std::int64_t { kPool, kSpawnThread, kSpawnProcess, kSpawnCoroutine, kSemaphore };
}  // namespace
static const convoy::Parameter length{
    "task", 0us,
    "How long a task computes; outside the interpreter if one is started for each task", 0us, 10ms};
static const convoy::Parameter ahead{
    "ahead", 16, "Tasks that may queue in the pool, besides one for each server", 0, 100'000};
constexpr std::int64_t kThreadsAtOnce = 64;  // behind the semaphore
constexpr std::int64_t kTimed = 8;           // one in so many is timed: reading a clock takes long

namespace {
struct Order {
  std::int64_t number = 0, steps = 0;
  std::int64_t handed_in_at = 0;  // on the clock of now(), in ns; 0: not timed
};
struct Done {
  std::uint64_t mark = 0;
  std::int64_t dispatch = 0;  // from handing it in to its beginning
};
// Where one that is started finds its task and leaves its result, which is read after its end.
struct Place {
  Order order;
  Done done;
};
// Relaxed: whatever orders tasks, no more than that many may be between the two.
struct Crowd {
  std::atomic<std::int64_t> running{0}, most{0};
};
}  // namespace

static std::int64_t servers_of(const convoy::Setup& setup) {
  return convoy::servers_of(setup.workers());
}
static const convoy::Synced<convoy::Pool> pool{"pool", [](const convoy::Setup& setup) {
                                                 const std::int64_t servers = servers_of(setup);
                                                 return convoy::PoolSize{servers,
                                                                         servers + setup[ahead]};
                                               }};
static const convoy::SharedMemory<Place> places{
    [](const convoy::Setup& setup) { return std::max(servers_of(setup), kThreadsAtOnce); }};
static const convoy::SharedMemory<cpu_set_t> cpus{
    [](const convoy::Setup& setup) { return setup.workers(); }};
static const convoy::Synced<convoy::Barrier> met{
    "met", [](const convoy::Setup& setup) { return setup.workers(); }};
static const convoy::SharedState<Crowd> crowd;
static const convoy::Shared<convoy::Speed> speed{convoy::Speed::measure};

static const convoy::Figure dispatch{"dispatch_ns", "ns", convoy::Combine::mean,
                                     "Time from submitting a task to its start, including its wait "
                                     "behind others in the pool (ahead)"};
static const convoy::Figure peak_running{"peak_running", "", convoy::Combine::max,
                                         "Largest number of tasks running at once"};
static const convoy::Figure peak_alive{"peak_alive", "", convoy::Combine::max,
                                       "Largest number of workers, threads, processes or "
                                       "coroutines that existed at once to run tasks"};
static const convoy::Figure tasks{
    "tasks", "", convoy::Combine::per_operation,
    "Share of tasks that returned the correct result: 1 for a correct pool"};

// --- What a task is

template <class Compute>
static Done do_task(const Order& order, Crowd& among, Compute&& compute) {
  Done done;
  if (order.handed_in_at != 0) done.dispatch = convoy::now().count() - order.handed_in_at;
  const std::int64_t running = among.running.fetch_add(1, std::memory_order_relaxed) + 1;
  std::int64_t most = among.most.load(std::memory_order_relaxed);
  while (most < running &&
         !among.most.compare_exchange_weak(most, running, std::memory_order_relaxed))
    continue;
  // It stays above 0, which the compiler does not know.
  const std::uint64_t state = compute(2 * static_cast<std::uint64_t>(order.number) + 1);
  done.mark = state == 0 ? 0 : convoy::mark_of(order.number);
  among.running.fetch_sub(1, std::memory_order_relaxed);
  return done;
}

static Done do_inside(convoy::Worker& worker, const Order& order, Crowd& among) {
  return do_task(order, among,
                 [&](std::uint64_t state) { return convoy::compute(worker, state, order.steps); });
}
static Done do_outside(const Order& order, Crowd& among) {
  return do_task(order, among,
                 [&](std::uint64_t state) { return convoy::compute(state, order.steps); });
}
static Done serve_one(convoy::Worker& server, Order order) {
  return do_inside(server, order, server[crowd]);
}

namespace {
// Of who hands them in: what is still to be handed in, and to be taken back in that order.
class Book {
 public:
  Book(convoy::Worker& worker, std::int64_t at_once)
      : worker_(worker),
        all_(static_cast<std::int64_t>(worker.remaining()) * worker.count()),
        steps_(worker[speed].steps(worker[length])),
        at_once_(at_once) {}

  bool open() const { return taken_ < all_; }
  bool may_hand_in() const { return given_ < all_ && given_ - taken_ < at_once_; }
  std::size_t next_in() const { return static_cast<std::size_t>(given_ % at_once_); }
  std::size_t next_out() const { return static_cast<std::size_t>(taken_ % at_once_); }
  Order hand_in() {
    worker_.next();
    Order order{given_++, steps_, 0};
    if (order.number % kTimed == 0) order.handed_in_at = convoy::now().count();
    return order;
  }
  void take(const Done& done) {
    convoy::expect(done.mark == convoy::mark_of(taken_), worker_,
                   "the result of task {} is that of another, or none", taken_);
    if (taken_++ % kTimed == 0) worker_.report(dispatch, done.dispatch);
    worker_.checkpoint();
  }
  void end(std::int64_t alive) {
    const std::int64_t most = worker_[crowd].most.load(std::memory_order_relaxed);
    const std::int64_t servers = servers_of(worker_.setup());
    convoy::expect(most <= servers, worker_, "{} tasks ran at once instead of {}", most, servers);
    worker_.report(tasks, taken_);
    worker_.report(peak_running, most);
    worker_.report(peak_alive, std::min(alive, all_));
    while (worker_.next()) continue;
  }

 private:
  convoy::Worker& worker_;
  std::int64_t all_, steps_, at_once_;
  std::int64_t given_ = 0, taken_ = 0;
};
}  // namespace

// --- A pool

static convoy::Task hand_in(convoy::Worker& worker) {
  convoy::Pool& servers = worker[pool];
  Book book(worker, servers.servers() + worker[ahead]);
  std::vector<convoy::Future<Done>> futures;
  while (book.open()) {
    if (book.may_hand_in()) {
      const std::size_t place = book.next_in();
      const Order order = book.hand_in();
      const convoy::Future<Done> future = co_await servers.submit(worker, &serve_one, order);
      if (place == futures.size()) futures.push_back(future);
      else futures[place] = future;
    } else {
      const convoy::Future<Done> oldest = futures[book.next_out()];
      if (worker.count() == 1) servers.try_next(worker).run(worker);
      const Done done = co_await oldest.result(worker);
      book.take(done);
    }
  }
  servers.close();
  book.end(servers.servers());
}

// --- One for each task. Each is started with its task at its place, and ended once it has done it,
// by its destructor where another one failed.

namespace {
// Lets so many work at a time.
struct Room {
  explicit Room(std::int64_t most) { ::sem_init(&permits, 0, static_cast<unsigned>(most)); }
  Room(const Room&) = delete;
  ~Room() { ::sem_destroy(&permits); }
  void enter() {
    while (::sem_wait(&permits) != 0 && errno == EINTR) continue;
  }
  void leave() { ::sem_post(&permits); }
  sem_t permits{};
};

// What it needs besides. Lives as long as all of them.
struct Surroundings {
  convoy::Worker& worker;
  Crowd& crowd;
  Room& room;
};

template <bool in_turn>
class Thread {
 public:
  void start(const Surroundings& around, Place& place) {
    around_ = &around;
    place_ = &place;
    thread_ = convoy::start_thread(&run, this);
    started_ = true;
  }
  void end() {
    around_->worker.native([&] { ::pthread_join(thread_, nullptr); });
    started_ = false;
  }
  Thread() = default;
  Thread(const Thread&) = delete;
  ~Thread() {
    if (started_) ::pthread_join(thread_, nullptr);
  }

 private:
  static void* run(void* self) {
    const auto& own = *static_cast<Thread*>(self);
    if (in_turn) own.around_->room.enter();
    own.place_->done = do_outside(own.place_->order, own.around_->crowd);
    if (in_turn) own.around_->room.leave();
    return nullptr;
  }
  const Surroundings* around_ = nullptr;
  Place* place_ = nullptr;
  pthread_t thread_{};
  bool started_ = false;
};

class Process {
 public:
  void start(const Surroundings& around, Place& place) {
    around_ = &around;
    process_ = ::fork();
    if (process_ < 0) convoy::fail_to_start(errno, "fork");
    if (process_ > 0) return;
    place.done = do_outside(place.order, around.crowd);
    convoy::leave_process();
  }
  void end() {
    convoy::Worker& worker = around_->worker;
    const int status = worker.native([&] { return convoy::wait_for_process(process_); });
    process_ = 0;
    convoy::expect(status == 0, worker, "a process ended with wait status {}", status);
  }
  Process() = default;
  Process(const Process&) = delete;
  ~Process() {
    if (process_ > 0) convoy::wait_for_process(process_);
  }

 private:
  const Surroundings* around_ = nullptr;
  pid_t process_ = 0;
};
}  // namespace

static convoy::Task coroutine_body(const Surroundings& around, Place& place) {
  place.done = do_inside(around.worker, place.order, around.crowd);
  co_return;
}
// Never inlined, lest a compiler find that the frame is not needed on the heap.
[[gnu::noinline]] static convoy::Task make_coroutine(const Surroundings& around, Place& place) {
  return coroutine_body(around, place);
}

namespace {
class Coroutine {
 public:
  void start(const Surroundings& around, Place& place) {
    coroutine_ = make_coroutine(around, place);
    coroutine_.resume();
  }
  void end() {
    coroutine_.rethrow();
    coroutine_ = {};
  }

 private:
  convoy::Task coroutine_;
};

// For a scope, the calling thread may run wherever one of the workers is bound, and so may what it
// starts: as much of the machine as a pool has.
class EveryCpu {
 public:
  explicit EveryCpu(const convoy::Worker& worker) : own_(worker[cpus][0]) {
    cpu_set_t all = own_;
    for (const cpu_set_t& one : worker[cpus]) CPU_OR(&all, &all, &one);
    if (!CPU_EQUAL(&all, &own_)) changed_ = ::sched_setaffinity(0, sizeof all, &all) == 0;
  }
  EveryCpu(const EveryCpu&) = delete;
  ~EveryCpu() {
    if (changed_) ::sched_setaffinity(0, sizeof own_, &own_);
  }

 private:
  cpu_set_t own_;
  bool changed_ = false;
};
}  // namespace

template <class One>
static void start_each(convoy::Worker& worker, std::int64_t at_once) {
  Book book(worker, at_once);
  const EveryCpu every_cpu(worker);
  Room room(servers_of(worker.setup()));
  const Surroundings around{worker, worker[crowd], room};
  const std::span<Place> where = worker[places];
  std::vector<One> ones(static_cast<std::size_t>(at_once));
  while (book.open()) {
    if (book.may_hand_in()) {
      const std::size_t place = book.next_in();
      where[place] = {book.hand_in(), {}};
      ones[place].start(around, where[place]);
    } else {
      const std::size_t place = book.next_out();
      ones[place].end();
      book.take(where[place].done);
    }
  }
  book.end(at_once);
}

// All but the first have nothing to do.
static convoy::Task start_all(convoy::Worker& worker) {
  ::sched_getaffinity(0, sizeof(cpu_set_t),
                      &worker[cpus][static_cast<std::size_t>(worker.index())]);
  co_await worker[met].wait(worker);
  if (worker.index() == 0) {
    const std::int64_t servers = servers_of(worker.setup());
    switch (worker[how]) {
      case kSpawnThread: start_each<Thread<false>>(worker, servers); break;
      case kSpawnProcess: start_each<Process>(worker, servers); break;
      case kSpawnCoroutine: start_each<Coroutine>(worker, servers); break;
      default: start_each<Thread<true>>(worker, std::max(servers, kThreadsAtOnce));
    }
  }
  while (worker.next()) continue;
}

CONVOY_WORKLOAD(pool_submit, pool, "Submit tasks one by one and ask for their results", how, length,
                ahead, pool, places, cpus, met, crowd, speed, dispatch, peak_running, peak_alive,
                tasks, convoy::NoAnswer{}, convoy::WorkersNeedEachOther{}, convoy::StartsOthers{},
                convoy::UsualWorkers{{3}},
                convoy::UsualValues{how, {"pool", "spawn_thread", "spawn_process"}},
                convoy::UsualValues{length, {"0us", "10us", "100us", "1ms", "10ms"}},
                convoy::UnderFewLocks{{"none"}},
                convoy::InQuick{how, {"pool"}, {"threads", "processes"}, 2},
                convoy::InQuick{how, {"spawn_thread"}, {"threads"}, 2},
                convoy::InQuick{how, {"spawn_process"}, {"processes"}, 2}) {
  if (worker[how] != kPool) return start_all(worker);
  return worker.index() == 0 ? hand_in(worker) : convoy::serve(worker, pool);
}
