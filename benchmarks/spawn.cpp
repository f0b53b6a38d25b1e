// Starting one and waiting for its end: a thread, a process, a coroutine, a fiber, each as it is
// usually made. Every one says who it is, and an operation whose child is somebody else fails.
// lint: long because there are nine ways to start one, and each is weighed
#include <linux/sched.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <boost/context/fiber.hpp>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "harness/work/workload.hpp"

using convoy::operator""_B, convoy::operator""_MiB;

namespace {
// What one that was started says of itself. It writes that before it ends, its parent reads it
// after that.
struct Seen {
  pid_t pid = 0, parent = 0, thread = 0;
};

// Who starts them: what it is itself, and where they write.
struct Parent {
  convoy::Worker& worker;
  Seen& seen;
  const char* how;
  pid_t pid = ::getpid(), thread = ::gettid();
  pthread_t handle = ::pthread_self();
};

// Memory that one more takes while it lives; absent where that cannot be told.
struct Weight {
  std::optional<double> own, kernel;
};
}  // namespace

// Stands still until it is killed, by who waits for it or with its parent.
static void stay() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::kill(::getpid(), SIGSTOP);
}

static void tell(Seen& seen) {
  seen.parent = ::getppid();
  seen.thread = ::gettid();
  seen.pid = ::getpid();
}

static void expect(bool right, const Parent& parent) {
  if (right) [[likely]]
    return;
  const Seen& seen = parent.seen;
  throw std::runtime_error(
      std::string(parent.how) + ": thread " + std::to_string(parent.thread) + " of process " +
      std::to_string(parent.pid) + " started one that says it is thread " +
      std::to_string(seen.thread) + " of process " + std::to_string(seen.pid) + ", child of " +
      std::to_string(seen.parent) + "; zeros: it never ran. Report it with `uname -a`");
}

// --- Threads

static void* thread_body(void* seen) {
  tell(*static_cast<Seen*>(seen));
  return nullptr;
}

template <std::size_t stack>
static void one_thread(const Parent& parent) {
  Seen& seen = parent.seen = {};
  const pthread_t thread = convoy::start_thread(thread_body, &seen, stack);
  parent.worker.native([&] { ::pthread_join(thread, nullptr); });
  expect(seen.pid == parent.pid && seen.thread != 0 && seen.thread != parent.thread, parent);
}

// --- Processes

namespace {
struct Child {
  pid_t pid = 0;
  convoy::UniqueFd handle{};  // of clone3 only
};
}  // namespace

static Child start_by_fork(Seen& seen, bool stays) {
  const pid_t pid = ::fork();
  if (pid < 0) convoy::fail_to_start(errno, "fork");
  if (pid > 0) return {pid};
  tell(seen);
  if (stays) stay();
  convoy::leave_process();
}

// In a function of its own, for the child runs on its parent's stack.
// NOLINTBEGIN(bugprone-unsafe-functions,clang-analyzer-*fork): vfork itself is what is measured
[[gnu::noinline]] static pid_t vfork_and_tell(Seen& seen) {
  const pid_t pid = ::vfork();
  if (pid != 0) return pid;
  tell(seen);
  convoy::leave_process();
}
// NOLINTEND(bugprone-unsafe-functions,clang-analyzer-*fork)

static Child start_by_vfork(Seen& seen, bool /*stays*/) {
  const pid_t pid = vfork_and_tell(seen);
  if (pid < 0) convoy::fail_to_start(errno, "vfork");
  return {pid};
}

static Child start_by_clone3(Seen& seen, bool stays) {
  int handle = -1;
  clone_args arguments{};
  arguments.flags = CLONE_PIDFD;
  arguments.pidfd = reinterpret_cast<std::uintptr_t>(&handle);
  arguments.exit_signal = SIGCHLD;
  const long pid = ::syscall(SYS_clone3, &arguments, sizeof arguments);
  if (pid < 0) convoy::fail_to_start(errno, "clone3");
  if (pid > 0) return {static_cast<pid_t>(pid), convoy::UniqueFd(handle)};
  tell(seen);
  if (stays) stay();
  convoy::leave_process();
}

// The name that tells this program, when it is started anew, that it is such a child.
constexpr const char* kChildName = "convoy-spawned";

static Child spawn_program(const char* program, bool stays) {
  // Its parent, so that it can tell whether it has the right one.
  std::string parent = std::to_string(::getpid());
  std::string name = kChildName, staying = "stay";
  char* const arguments[] = {name.data(), parent.data(), stays ? staying.data() : nullptr, nullptr};
  Child child;
  const int error = ::posix_spawn(&child.pid, program, nullptr, nullptr, arguments, environ);
  if (error != 0) convoy::fail_to_start(error, "posix_spawn");
  return child;
}

static Child start_itself(Seen& /*seen*/, bool stays) {
  return spawn_program("/proc/self/exe", stays);
}

static Child start_true(Seen& /*seen*/, bool stays) { return spawn_program("/bin/true", stays); }

// Runs before main, and before most of what would take time there.
[[gnu::constructor]] static void be_such_a_child(int count, char** arguments) {
  if (count < 2 || std::string_view(arguments[0]) != kChildName) return;
  if (count > 2) stay();
  ::_exit(std::atoi(arguments[1]) == ::getppid() ? 0 : 1);
}

// Takes this child only: others have theirs. Its wait status.
static int reap(const Child& child) {
  if (!child.handle) return convoy::wait_for_process(child.pid);
  siginfo_t ended{};
  for (;;) {
    const auto handle = static_cast<id_t>(child.handle.get());
    if (::waitid(P_PIDFD, handle, &ended, WEXITED) == 0)
      return ended.si_code == CLD_EXITED ? ended.si_status << 8 : ended.si_status;
    if (errno != EINTR) convoy::throw_errno("waitid", "nobody else may reap a workload's child");
  }
}

template <Child (*start)(Seen&, bool), bool tells>
static void one_process(const Parent& parent) {
  Seen& seen = parent.seen = {};
  const Child child = start(seen, false);
  const int status = parent.worker.native([&] { return reap(child); });
  const bool right = !tells || (seen.pid == child.pid && seen.parent == parent.pid);
  expect(right && status == 0 && child.pid != parent.pid, parent);
}

// --- Coroutines

static convoy::Task coroutine_body(pthread_t& ran_on) {
  ran_on = ::pthread_self();
  co_return;
}

// Never inlined, lest a compiler find that the frame is not needed on the heap.
[[gnu::noinline]] static convoy::Task make_coroutine(pthread_t& ran_on) {
  return coroutine_body(ran_on);
}

// Compares handles: to ask the kernel who one is takes longer than all of this.
static void one_coroutine(const Parent& parent) {
  pthread_t ran_on{};
  convoy::Task task = make_coroutine(ran_on);
  task.resume();
  expect(task.done() && ::pthread_equal(ran_on, parent.handle) != 0, parent);
}

// --- Fibers, with a stack from the heap

static boost::context::fiber make_fiber(pthread_t& ran_on, bool stays) {
  return boost::context::fiber([&ran_on, stays](boost::context::fiber&& starter) {
    ran_on = ::pthread_self();
    return stays ? std::move(starter).resume() : std::move(starter);
  });
}

static void one_fiber(const Parent& parent) {
  pthread_t ran_on{};
  const bool waits = static_cast<bool>(make_fiber(ran_on, false).resume());
  expect(!waits && ::pthread_equal(ran_on, parent.handle) != 0, parent);
}

// --- What they weigh. Some are made to stay, in the host and before any worker is there.

constexpr std::size_t kWeighed = 16;
// What each has on x86-64 and arm64, process or thread.
constexpr double kKernelStack = 16 * 1024;

// The sum of lines such as "Private_Dirty:   64 kB", in bytes; nothing where one is missing.
static std::optional<double> bytes_in(const std::string& path,
                                      const std::vector<std::string>& wanted) {
  std::ifstream file(path);
  double sum = 0;
  std::size_t found = 0;
  for (std::string line; std::getline(file, line);)
    for (const std::string& name : wanted)
      if (line.starts_with(name + ':')) {
        sum += std::strtod(line.c_str() + name.size() + 1, nullptr) * 1024;
        ++found;
      }
  return found == wanted.size() ? std::optional(sum) : std::nullopt;
}

// Pages that nobody else has: by those the proportional memory of all processes grows. That of one
// alone would count its share of what its parent has, which is no less afterwards. In the kernel:
// page tables and a stack. What else it keeps of each, some 10 KiB, it tells nobody.
static Weight weight_of(const std::string& process) {
  const std::string folder = "/proc/" + process;
  return {bytes_in(folder + "/smaps_rollup", {"Private_Clean", "Private_Dirty"}),
          bytes_in(folder + "/status", {"VmPTE"})};
}

namespace {
// Kills and reaps what it holds.
struct Standing {
  std::vector<Child> children = {};
  ~Standing() {
    for (const Child& child : children) {
      ::kill(child.pid, SIGKILL);
      while (::waitpid(child.pid, nullptr, 0) < 0 && errno == EINTR) continue;
    }
  }
};
}  // namespace

template <Child (*start)(Seen&, bool)>
static Weight weigh_processes(Seen& seen) {
  Standing standing;
  Weight sum{0, kWeighed * kKernelStack};
  while (standing.children.size() < kWeighed) {
    standing.children.push_back(start(seen, true));
    const pid_t pid = standing.children.back().pid;
    while (::waitpid(pid, nullptr, WUNTRACED) < 0 && errno == EINTR) continue;
  }
  for (const Child& child : standing.children) {
    const Weight one = weight_of(std::to_string(child.pid));
    sum.own = sum.own && one.own ? std::optional(*sum.own + *one.own) : std::nullopt;
    sum.kernel = sum.kernel && one.kernel ? std::optional(*sum.kernel + *one.kernel) : std::nullopt;
  }
  return sum;
}

namespace {
// Threads that wait for a lock that is held, and joins them.
struct WaitingThreads {
  std::mutex door;
  std::atomic<std::size_t> arrived = 0;
  std::vector<pthread_t> threads = std::vector<pthread_t>();

  WaitingThreads() { door.lock(); }
  ~WaitingThreads() {
    door.unlock();
    for (const pthread_t thread : threads) ::pthread_join(thread, nullptr);
  }
  static void* wait(void* of) {
    auto& all = *static_cast<WaitingThreads*>(of);
    ++all.arrived;
    const std::lock_guard passing(all.door);
    return nullptr;
  }
};
}  // namespace

template <std::size_t stack>
static Weight weigh_threads(Seen& /*seen*/) {
  WaitingThreads all;
  all.threads.reserve(kWeighed);
  weight_of("self");  // what reading takes is there before
  const Weight before = weight_of("self");
  while (all.threads.size() < kWeighed)
    all.threads.push_back(convoy::start_thread(WaitingThreads::wait, &all, stack));
  while (all.arrived < kWeighed) ::sched_yield();
  const Weight after = weight_of("self");
  Weight grown;
  if (before.own && after.own) grown.own = *after.own - *before.own;
  if (before.kernel && after.kernel)
    grown.kernel = *after.kernel - *before.kernel + kWeighed * kKernelStack;
  return grown;
}

// The frame, and what the heap puts before it.
static Weight weigh_coroutine(Seen& /*seen*/) {
  pthread_t ran_on{};
  const convoy::Task task = make_coroutine(ran_on);
  const std::size_t frame = ::malloc_usable_size(task.handle().address()) + sizeof(std::size_t);
  return {static_cast<double>(kWeighed * frame), 0};
}

static Weight weigh_fibers(Seen& /*seen*/) {
  pthread_t ran_on{};
  std::vector<boost::context::fiber> all;
  all.reserve(kWeighed);
  weight_of("self");  // what reading takes is there before
  const Weight before = weight_of("self");
  while (all.size() < kWeighed) all.push_back(make_fiber(ran_on, true).resume());
  const Weight after = weight_of("self");
  for (boost::context::fiber& one : all) one = std::move(one).resume();
  if (!before.own || !after.own || !before.kernel || !after.kernel) return {};
  return {*after.own - *before.own, *after.kernel - *before.kernel};
}

static Weight cannot_be_told(Seen& /*seen*/) { return {}; }

// --- The ways

constexpr std::size_t kSmallStack = 64 * 1024;  // with what a thread keeps there for itself

namespace {
struct Way {
  const char* word;
  void (*one)(const Parent& parent);
  Weight (*weigh)(Seen& seen);  // of kWeighed
};
}  // namespace

// A child of vfork stops its parent as long as it has no memory of its own, and /bin/true does not
// stay.
constexpr Way kWays[] = {
    {"thread", one_thread<0>, weigh_threads<0>},
    {"small_thread", one_thread<kSmallStack>, weigh_threads<kSmallStack>},
    {"fork", one_process<start_by_fork, true>, weigh_processes<start_by_fork>},
    {"vfork", one_process<start_by_vfork, true>, cannot_be_told},
    {"clone3", one_process<start_by_clone3, true>, weigh_processes<start_by_clone3>},
    {"posix_spawn", one_process<start_itself, false>, weigh_processes<start_itself>},
    {"posix_spawn_true", one_process<start_true, false>, cannot_be_told},
    {"coroutine", one_coroutine, weigh_coroutine},
    {"fiber", one_fiber, weigh_fibers},
};

static std::vector<std::string> words() {
  std::vector<std::string> all;
  for (const Way& way : kWays) all.emplace_back(way.word);
  return all;
}

static const convoy::Choice how{"how", words(), "What is started; posix_spawn starts this program"};
static const convoy::Parameter parent_rss{
    "parent_rss", 0_B, "Additional private memory of the parent, in small pages", 0_B, 65'536_MiB};

namespace {
struct Unmap {
  std::size_t size = 0;
  void operator()(char* mapped) const { ::munmap(mapped, size); }
};
}  // namespace
using Ballast = std::unique_ptr<char, Unmap>;

static const convoy::Shared<Ballast> ballast{[](const convoy::Setup& setup) -> Ballast {
  const auto size = static_cast<std::size_t>(setup[parent_rss].count);
  if (size == 0) return nullptr;
  void* const mapped =
      ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) convoy::throw_errno("mmap", "use a smaller spawn.parent_rss");
  ::madvise(mapped, size, MADV_NOHUGEPAGE);  // refused where there are none anyway
  std::memset(mapped, 1, size);
  return Ballast(static_cast<char*>(mapped), Unmap{size});
}};

static const convoy::SharedMemory<Seen> slots{
    [](const convoy::Setup& setup) { return setup.workers(); }};

// Absent, too, where so many at a time may not be started: one may be.
static const convoy::Shared<Weight> weight{[](const convoy::Setup& setup) {
  Seen nobody;
  try {
    return kWays[setup[how]].weigh(nobody);
  } catch (const std::system_error&) {
    return Weight{};
  }
}};

static const convoy::Figure pss_each{
    "pss_each_bytes", "bytes", convoy::Combine::mean,
    "By how much one of these raises the total PSS of all processes while it lives: pages that no "
    "other has; absent if it ends at once"};
static const convoy::Figure kernel_each{
    "kernel_each_bytes", "bytes", convoy::Combine::mean,
    "Page tables of one of these and its kernel stack of 16 KiB; the kernel keeps about 10 KiB "
    "more that cannot be read"};

CONVOY_WORKLOAD(spawn, spawn, "Start a thread, process, coroutine or fiber and wait for its end",
                how, parent_rss, ballast, slots, weight, pss_each, kernel_each,
                convoy::UsualValues{how, {"thread", "fork", "posix_spawn", "coroutine", "fiber"}},
                convoy::StartsOthers{}, convoy::InQuick{how, {"thread", "fork", "coroutine"}},
                convoy::UnderFewLocks{}) {
  const Way& way = kWays[worker[how]];
  const Parent parent{worker, worker[slots][static_cast<std::size_t>(worker.index())], way.word};
  std::int64_t right = 0;
  for (; worker.next(); ++right) {
    way.one(parent);
    worker.checkpoint();
  }
  worker.keep(right);
  const auto& [own, kernel] = worker[weight];
  if (own) worker.report(pss_each, *own / kWeighed);
  if (kernel) worker.report(kernel_each, *kernel / kWeighed);
  co_return;
}
