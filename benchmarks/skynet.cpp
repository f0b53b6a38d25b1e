// A tree of 10^depth leaves that add up their numbers: each node starts ten others and waits for
// their sums, so that a million are started and ended in one go (after Alexander Temerev's skynet,
// 2016, which starts all children of a node at once, as this does). How many were really started is
// counted by themselves, so that none can be left out unseen.
// lint: long because it has three ways to start a node
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <coroutine>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness/work/workload.hpp"

namespace {
constexpr std::int64_t kChildren = 10;

// A part of the tree: its leaves have the numbers from `first`.
struct Part {
  std::int64_t first, leaves;
  Part child(std::int64_t i) const {
    return {first + i * (leaves / kChildren), leaves / kChildren};
  }
};

// What a part added up, and how many nodes were started for it, itself included.
struct Sum {
  std::int64_t sum = 0, started = 0;
  void add(const Sum& other) {
    sum += other.sum;
    started += other.started;
  }
};
}  // namespace

// --- Coroutines

namespace {
// A node that is a coroutine; begins when it is awaited, and resumes who awaits it at its end.
class Node {
 public:
  struct promise_type {
    Node get_return_object() {
      return Node(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_always initial_suspend() noexcept { return {}; }
    auto final_suspend() noexcept {
      struct Back {
        bool await_ready() noexcept { return false; }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> ended) noexcept {
          const auto waiting = ended.promise().waiting;
          return waiting ? waiting : std::noop_coroutine();
        }
        void await_resume() noexcept {}
      };
      return Back{};
    }
    void return_value(Sum value) noexcept { result = value; }
    void unhandled_exception() noexcept { failure = std::current_exception(); }

    std::coroutine_handle<> waiting;
    Sum result;
    std::exception_ptr failure;
  };

  explicit Node(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  Node(Node&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Node& operator=(Node&&) = delete;
  ~Node() {
    if (handle_) handle_.destroy();
  }

  // co_await node.sum().
  auto sum() {
    struct Awaiter {
      std::coroutine_handle<promise_type> node;
      bool await_ready() { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<> who) {
        node.promise().waiting = who;
        return node;
      }
      Sum await_resume() { return of(node); }
    };
    return Awaiter{handle_};
  }
  Sum run() {
    handle_.resume();
    return of(handle_);
  }

 private:
  static Sum of(std::coroutine_handle<promise_type> node) {
    if (node.promise().failure) std::rethrow_exception(node.promise().failure);
    return node.promise().result;
  }

  std::coroutine_handle<promise_type> handle_;
};
}  // namespace

// All ten are made before the first is awaited: they are there at the same time.
static Node node(Part part) {
  Sum sum{part.first, 1};
  if (part.leaves > 1) {
    sum.sum = 0;
    std::vector<Node> children;
    children.reserve(kChildren);
    for (std::int64_t i = 0; i < kChildren; ++i) children.push_back(node(part.child(i)));
    for (Node& child : children) {
      const Sum added = co_await child.sum();
      sum.add(added);
    }
  }
  co_return sum;
}

static Sum add_by_coroutines(Part part) {
  Node root = node(part);
  return root.run();
}

// --- Threads

namespace {
struct ThreadNode {
  Part part{};
  Sum sum{};
  std::exception_ptr failure{};
};
}  // namespace

static Sum add_by_threads(Part part);

static void* thread_node(void* argument) {
  auto& own = *static_cast<ThreadNode*>(argument);
  try {
    own.sum = add_by_threads(own.part);
  } catch (...) {
    own.failure = std::current_exception();
  }
  return nullptr;
}

// Its node's own part is done in the calling thread. Small stacks, since there may be thousands.
static Sum add_by_threads(Part part) {
  constexpr std::size_t kStack = 64 * 1024;
  if (part.leaves == 1) return {part.first, 1};
  std::array<ThreadNode, kChildren> nodes;
  std::vector<pthread_t> threads;
  std::exception_ptr failure;
  try {
    for (ThreadNode& child : nodes) {
      child.part = part.child(&child - nodes.data());
      threads.push_back(convoy::start_thread(thread_node, &child, kStack));
    }
  } catch (...) {
    failure = std::current_exception();
  }
  for (const pthread_t thread : threads) ::pthread_join(thread, nullptr);
  Sum sum{0, 1};
  for (const ThreadNode& child : nodes) {
    if (child.failure && !failure) failure = child.failure;
    sum.add(child.sum);
  }
  if (failure) std::rethrow_exception(failure);
  return sum;
}

// --- Processes

namespace {
// What a child tells its parent, at its end.
struct Told {
  Sum sum{};
  int error = 0;  // why it could not start its own
};

struct Unmap {
  void operator()(Told* told) const { ::munmap(told, sizeof(Told) * kChildren); }
};
}  // namespace

static Sum add_by_processes(Part part) {
  if (part.leaves == 1) return {part.first, 1};
  void* const mapped = ::mmap(nullptr, sizeof(Told) * kChildren, PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) convoy::throw_errno("mmap", "use a smaller skynet.depth");
  const std::unique_ptr<Told, Unmap> told(static_cast<Told*>(mapped));
  std::vector<pid_t> children;
  int error = 0;
  for (std::int64_t i = 0; i < kChildren && error == 0; ++i) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      try {
        told.get()[i].sum = add_by_processes(part.child(i));
      } catch (const std::system_error& failure) {
        told.get()[i].error = failure.code().value();
      }
      convoy::leave_process();
    }
    if (pid < 0) error = errno;
    else children.push_back(pid);
  }
  for (const pid_t child : children) convoy::wait_for_process(child);
  Sum sum{0, 1};
  for (std::int64_t i = 0; i < kChildren; ++i) {
    if (error == 0) error = told.get()[i].error;
    sum.add(told.get()[i].sum);
  }
  if (error != 0) convoy::fail_to_start(error, "fork");
  return sum;
}

// --- The ways

namespace {
struct Way {
  const char* word;
  Sum (*add)(Part part);
};
}  // namespace

constexpr Way kWays[] = {
    {"coroutine", add_by_coroutines}, {"thread", add_by_threads}, {"process", add_by_processes}};

static std::vector<std::string> words() {
  std::vector<std::string> all;
  for (const Way& way : kWays) all.emplace_back(way.word);
  return all;
}

static const convoy::Choice how{"how", words(), "What a node of the tree is"};
static const convoy::Parameter depth{"depth", 3,
                                     "How many levels are below the root: 10^depth leaves", 1, 7};

static const convoy::Figure started{
    "started", "nodes", convoy::Combine::mean,
    "Nodes actually started for one tree, as they count themselves: 1 + 10 + ... + 10^depth"};

CONVOY_WORKLOAD(skynet, fanout, "Start a tree of 10^depth nodes that sum their numbers", how, depth,
                started, convoy::UsualValues{how, {"coroutine", "thread", "process"}},
                convoy::ClimbsUntilRefused{}, convoy::StartsOthers{}, convoy::UsualWorkers{{1}},
                convoy::UnderFewLocks{{"none"}}) {
  const Way& way = kWays[worker[how]];
  std::int64_t leaves = 1;
  for (std::int64_t level = 0; level < worker[depth]; ++level) leaves *= kChildren;
  Sum all;
  while (worker.next()) {
    all = worker.native([&] { return way.add({0, leaves}); });
    if (all.sum != leaves * (leaves - 1) / 2)
      throw std::runtime_error("the numbers of " + std::to_string(leaves) + " leaves add up to " +
                               std::to_string(all.sum));
    worker.keep(all.sum);
    worker.keep(all.started);
    worker.report(started, all.started);
  }
  co_return;
}
