// A program whose main ends: its ordinary workers are waited for, those in the background dropped.
// Each operation starts such a program, and proves that nothing of it is left.
// lint: long because the program that is started stands beside who starts and judges it
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "harness/sync/proof.hpp"
#include "harness/work/workload.hpp"

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

constexpr int kMostEach = 64;

static const convoy::Choice how{
    "how", {"thread", "process"}, "Workers of the program: threads or child processes"};
static const convoy::Parameter workers_each{
    "workers_each", 2, "Number of ordinary workers, and of background workers", 1, kMostEach};
static const convoy::Parameter work{"work", 1ms, "How long an ordinary worker works", 0ns, 1s};
static const convoy::Parameter background{
    "background", 10s, "How long a background worker would work if nobody ended it", 1s, 1h};

namespace {
// What a worker of the program tells. Relaxed, where it is read while the worker may run; all the
// rest is read after the program's end, which orders it.
struct alignas(64) Told {
  std::atomic<std::int64_t> beats{0};    // grows as long as it runs
  std::atomic<std::int64_t> done_at{0};  // on the clock of now(), in ns
  pid_t pid = 0;                         // of a process; written by its parent
};

// What the program and who started it share, in a file without a name.
struct Program {
  bool of_processes = false;
  int workers = 0;  // of each kind
  std::int64_t work_ns = 0, background_ns = 0;
  std::atomic<int> begun{0};  // in the background
  int error = 0;              // why it gave up, and in which call
  char call[16] = {};
  Told ordinary[kMostEach], background[kMostEach];
};
}  // namespace

// --- The program. It runs before main and before most of what would take time there, in a process
// that does nothing else.

// The name that tells this executable that it is such a program, and where its Program is.
constexpr const char* kProgramName = "convoy-daemons";
constexpr int kProgramFile = STDIN_FILENO;

static Program* of_this_process = nullptr;

static void* work_ordinarily(void* argument) {
  Told& told = *static_cast<Told*>(argument);
  const nanoseconds until = convoy::now() + nanoseconds(of_this_process->work_ns);
  while (convoy::now() < until) told.beats.fetch_add(1, std::memory_order_relaxed);
  told.done_at.store(convoy::now().count(), std::memory_order_relaxed);
  return nullptr;
}

static void* work_in_background(void* argument) {
  Told& told = *static_cast<Told*>(argument);
  const nanoseconds until = convoy::now() + nanoseconds(of_this_process->background_ns);
  const timespec moment = convoy::to_timespec(20us);
  told.beats.fetch_add(1, std::memory_order_relaxed);
  of_this_process->begun.fetch_add(1, std::memory_order_relaxed);
  while (convoy::now() < until) {
    ::nanosleep(&moment, nullptr);
    told.beats.fetch_add(1, std::memory_order_relaxed);
  }
  told.done_at.store(convoy::now().count(), std::memory_order_relaxed);
  return nullptr;
}

// None that was reaped before: its number may be another's.
static void kill_and_reap(std::span<const Told> some) {
  for (const Told& told : some)
    if (told.pid > 0 && ::waitpid(told.pid, nullptr, WNOHANG) == 0) ::kill(told.pid, SIGKILL);
  for (const Told& told : some)
    while (told.pid > 0 && ::waitpid(told.pid, nullptr, 0) < 0 && errno == EINTR) continue;
}

// Takes with it all that were started: threads end with it, processes are killed and reaped.
[[noreturn]] static void give_up(const char* call, int error) {
  std::string_view(call).copy(of_this_process->call, sizeof of_this_process->call - 1);
  of_this_process->error = error;
  kill_and_reap(of_this_process->ordinary);
  kill_and_reap(of_this_process->background);
  ::_exit(1);
}

static pthread_t start_thread(void* (*body)(void*), Told& told) {
  pthread_t thread{};
  const int error = ::pthread_create(&thread, nullptr, body, &told);
  if (error != 0) give_up("pthread_create", error);
  return thread;
}

// The background is there before the ordinary workers begin, so that there is something to drop.
static void await_background() {
  const nanoseconds until = convoy::now() + 10s;
  while (of_this_process->begun.load(std::memory_order_relaxed) < of_this_process->workers) {
    if (convoy::now() > until) give_up("beginning", ETIMEDOUT);
    ::sched_yield();
  }
}

static void run_threads(std::span<Told> ordinary, std::span<Told> in_background) {
  for (Told& told : in_background) ::pthread_detach(start_thread(work_in_background, told));
  await_background();
  pthread_t threads[kMostEach];
  std::size_t count = 0;
  for (Told& told : ordinary) threads[count++] = start_thread(work_ordinarily, told);
  while (count > 0) ::pthread_join(threads[--count], nullptr);
}

static void start_process(void* (*body)(void*), Told& told) {
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) give_up("fork", errno);
  if (pid > 0) {
    told.pid = pid;
    return;
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::prctl(PR_SET_TIMERSLACK, 1);
  if (::getppid() == parent) body(&told);
  ::_exit(0);
}

static void reap(const Told& told) {
  int status = 0;
  while (::waitpid(told.pid, &status, 0) < 0)
    if (errno != EINTR) give_up("waitpid", errno);
}

static void run_processes(std::span<Told> ordinary, std::span<Told> in_background) {
  for (Told& told : in_background) start_process(work_in_background, told);
  await_background();
  for (Told& told : ordinary) start_process(work_ordinarily, told);
  for (const Told& told : ordinary) reap(told);
  kill_and_reap(in_background);
}

[[gnu::constructor]] static void be_such_a_program(int count, char** arguments) {
  if (count < 2 || std::string_view(arguments[0]) != kProgramName) return;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (std::atoi(arguments[1]) != ::getppid()) ::_exit(1);
  ::prctl(PR_SET_TIMERSLACK, 1);
  void* const mapped =
      ::mmap(nullptr, sizeof(Program), PROT_READ | PROT_WRITE, MAP_SHARED, kProgramFile, 0);
  if (mapped == MAP_FAILED) ::_exit(1);
  of_this_process = static_cast<Program*>(mapped);
  const auto each = static_cast<std::size_t>(of_this_process->workers);
  const std::span ordinary(of_this_process->ordinary, each);
  const std::span in_background(of_this_process->background, each);
  (of_this_process->of_processes ? run_processes : run_threads)(ordinary, in_background);
  ::_exit(0);  // its main returns: what is left of it goes with it
}

// --- Who starts it.

namespace {
struct Unmap {
  void operator()(Program* mapped) const { ::munmap(mapped, sizeof(Program)); }
};
struct Shown {
  convoy::UniqueFd file;
  std::unique_ptr<Program, Unmap> program;
};
}  // namespace

static const convoy::Local<Shown> shown{[](const convoy::Setup&, int) {
  Shown made{convoy::UniqueFd(::memfd_create("convoy-daemons", MFD_CLOEXEC)), nullptr};
  if (!made.file) convoy::throw_errno("memfd_create", "use fewer workers, or raise `ulimit -n`");
  if (::ftruncate(made.file.get(), sizeof(Program)) != 0)
    convoy::throw_errno("ftruncate", "free some memory");
  void* const mapped =
      ::mmap(nullptr, sizeof(Program), PROT_READ | PROT_WRITE, MAP_SHARED, made.file.get(), 0);
  if (mapped == MAP_FAILED) convoy::throw_errno("mmap", "free some memory");
  made.program.reset(new (mapped) Program);
  return made;
}};

static const convoy::Figure exit_time{
    "exit_ns", "ns", convoy::Combine::mean,
    "Time from the end of the last ordinary worker's work until the program is reaped"};
static const convoy::Figure finished{"ordinary_finished", "", convoy::Combine::mean,
                                     "Share of ordinary workers that finished their work"};
static const convoy::Figure survived{
    "background_survived", "", convoy::Combine::sum,
    "Background workers that outlived their program: a correct program leaves 0"};

[[noreturn]] static void fail_to_start(int error, const char* call) {
  const char* advice = error == EAGAIN ? "end other processes of this user, raise `ulimit -u`, or "
                                         "use a smaller daemon_exit.workers_each"
                       : error == ENOMEM ? "use a smaller daemon_exit.workers_each, or free some "
                                           "memory"
                                         : "use fewer workers, or the other daemon_exit.how";
  convoy::throw_error_code(error, call, advice);
}

static pid_t start(const convoy::UniqueFd& file) {
  std::string name = kProgramName, parent = std::to_string(::getpid());
  char* const arguments[] = {name.data(), parent.data(), nullptr};
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, file.get(), kProgramFile);
  pid_t pid = 0;
  const int error = ::posix_spawn(&pid, "/proc/self/exe", &actions, nullptr, arguments, environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) fail_to_start(error, "posix_spawn");
  return pid;
}

static bool is_there(pid_t pid) { return pid > 0 && ::kill(pid, 0) == 0; }

// What went wrong in the program, if anything did.
static void prove_end(const Program& program, int status) {
  if (program.error != 0) fail_to_start(program.error, program.call);
  if (status != 0)
    throw std::runtime_error("a program of daemon_exit ended with wait status " +
                             std::to_string(status) + ": look whether something kills processes");
}

static std::int64_t beats_of(std::span<const Told> all) {
  std::int64_t sum = 0;
  for (const Told& told : all) sum += told.beats.load(std::memory_order_relaxed);
  return sum;
}

// After the program's end, whose pid is nobody's any more. Throws where it did not end as it
// should.
static void judge(convoy::Worker& worker, std::span<const Told> ordinary,
                  std::span<const Told> dropped, std::int64_t reaped_at) {
  std::int64_t last = 0, done = 0, left = 0;
  for (const Told& told : ordinary) {
    const std::int64_t done_at = told.done_at.load(std::memory_order_relaxed);
    done += done_at != 0 ? 1 : 0;
    last = std::max(last, done_at);
  }
  for (const Told& told : dropped) {
    left += is_there(told.pid) ? 1 : 0;
    convoy::expect(told.beats > 0 && told.done_at == 0, worker,
                   "a background worker never ran, or came to its end by itself (then use a longer "
                   "daemon_exit.background)");
  }
  const auto all = static_cast<std::int64_t>(ordinary.size());
  worker.report(exit_time, reaped_at - last);
  worker.report(finished, static_cast<double>(done) / static_cast<double>(all));
  worker.report(survived, left);
  convoy::expect(done == all, worker, "{} of {} ordinary workers did not finish", all - done, all);
  convoy::expect(left == 0, worker, "{} background workers outlived their program", left);
}

CONVOY_WORKLOAD(daemon_exit, daemon, "End a program that has ordinary and background workers", how,
                workers_each, work, background, shown, exit_time, finished, survived,
                convoy::BlocksThreads{}, convoy::StartsOthers{}, convoy::UsualWorkers{{1}},
                convoy::UsualValues{how, {"thread", "process"}}, convoy::UnderFewLocks{}) {
  const auto& [file, program] = worker[shown];
  const auto each = static_cast<std::size_t>(worker[workers_each]);
  const std::span<Told> ordinary(program->ordinary, each), dropped(program->background, each);
  std::int64_t right = 0;
  for (; worker.next(); ++right) {
    new (program.get()) Program;
    program->of_processes = worker[how] == 1;
    program->workers = static_cast<int>(each);
    program->work_ns = worker[work].count();
    program->background_ns = worker[background].count();
    const pid_t pid = start(file);
    const int status = worker.native([&] { return convoy::wait_for_process(pid); });
    const std::int64_t reaped_at = convoy::now().count();
    const std::int64_t beats = beats_of(dropped);
    prove_end(*program, status);
    judge(worker, ordinary, dropped, reaped_at);
    co_await worker.sleep(200us);  // some beats of one that is still there
    convoy::expect(beats_of(dropped) == beats, worker,
                   "a background worker runs on after its program's end");
    worker.checkpoint();
  }
  worker.keep(right);
}
