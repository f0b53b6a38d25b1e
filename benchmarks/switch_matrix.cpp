// What a hand-over costs between every two places of a machine: one pair of workers after another
// passes a token there and back, while all others sleep.
// lint: long because seats are checked before anybody spins
#include <sched.h>
#include <sys/eventfd.h>

#include <array>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness/sync/each.hpp"
#include "harness/sync/event.hpp"
#include "harness/work/workload.hpp"

namespace {
enum How : std::int64_t { spin, sleep_ };
}  // namespace
static const convoy::Choice how{
    "how",
    {"spin", "sleep"},
    "The waiter spins on the token's cache line, or sleeps until it is woken"};
static const convoy::Parameter exchanges{
    "exchanges", 100, "Round trips of each pair of workers before the next pair's turn", 1,
    1'000'000};

static const convoy::MatrixFigure latency{
    "latency_ns", "ns",
    "One way between two workers: half a round trip, averaged over the exchanges"};

// Each worker sleeps on a descriptor of its own until it is called.
static const convoy::Shared<std::vector<convoy::UniqueFd>> bells{[](const convoy::Setup& setup) {
  if (setup.workers() < 2)
    throw std::invalid_argument("switch_matrix needs pairs: use 2 --workers or more");
  std::vector<convoy::UniqueFd> made;
  for (int i = 0; i < setup.workers(); ++i) {
    made.emplace_back(::eventfd(0, EFD_SEMAPHORE | EFD_CLOEXEC));
    if (!made.back()) convoy::throw_errno("eventfd", "use fewer workers, or raise `ulimit -n`");
  }
  return made;
}};
static const convoy::Synced<convoy::Each<convoy::Event>> doors{
    "door", [](const convoy::Setup&) { return 2; }};

namespace {
// Release and acquire: a hand-over is one. 0 before and after a pair's turn.
struct alignas(128) Token {
  std::atomic<std::uint64_t> passed{0};
};
}  // namespace
static const convoy::SharedState<Token> token;
static const convoy::SharedMemory<cpu_set_t> places{
    [](const convoy::Setup& setup) { return setup.workers(); }};

static void note_place(cpu_set_t& place) {
  if (::sched_getaffinity(0, sizeof place, &place) != 0)
    convoy::throw_errno("sched_getaffinity", "measure on a machine of at most 1024 CPUs");
}

// Who spins without a CPU of its own waits for the end of the other's time slice.
static void require_cpus(std::span<const cpu_set_t> seats) {
  cpu_set_t all;
  CPU_ZERO(&all);
  for (const cpu_set_t& seat : seats) CPU_OR(&all, &all, &seat);
  const int cpus = CPU_COUNT(&all);
  if (static_cast<std::size_t>(cpus) < seats.size())
    throw std::runtime_error("switch_matrix.how=spin needs a CPU for every worker, and " +
                             std::to_string(seats.size()) + " share " + std::to_string(cpus) +
                             ": use at most " + std::to_string(cpus) +
                             " --workers, another --place, or switch_matrix.how=sleep");
}

// Both do one exchange more, until both are awake; the time of the others, in ns.
static std::int64_t lead(std::atomic<std::uint64_t>& passed, std::uint64_t count) {
  std::chrono::nanoseconds began{0};
  for (std::uint64_t i = 0; i <= count; ++i) {
    passed.store(2 * i + 1, std::memory_order_release);
    while (passed.load(std::memory_order_acquire) != 2 * i + 2) convoy::cpu_relax();
    if (i == 0) began = convoy::now();
  }
  const auto took = convoy::now() - began;
  passed.store(0, std::memory_order_release);
  return took.count();
}
static void follow(std::atomic<std::uint64_t>& passed, std::uint64_t count) {
  for (std::uint64_t i = 0; i <= count; ++i) {
    while (passed.load(std::memory_order_acquire) != 2 * i + 1) convoy::cpu_relax();
    passed.store(2 * i + 2, std::memory_order_release);
  }
}

namespace {
// Pairs in their order: 0 1, 0 2 ... 1 0, 1 2 ...; the last is followed by the first.
struct Pair {
  int leader, follower;
  Pair next(int workers) const {
    Pair after{leader, follower + 1};
    if (after.follower == leader) ++after.follower;
    if (after.follower < workers) return after;
    after.leader = (leader + 1) % workers;
    after.follower = after.leader == 0 ? 1 : 0;
    return after;
  }
  bool is_first() const { return leader == 0 && follower == 1; }
};
}  // namespace

static void ring(convoy::Worker& worker, int whom) {
  const std::uint64_t once = 1;
  if (::write(worker[bells][static_cast<std::size_t>(whom)].get(), &once, sizeof once) < 0)
    convoy::throw_errno("write to an eventfd");
}
static void call(convoy::Worker& worker, const Pair& pair) {
  ring(worker, pair.leader);
  ring(worker, pair.follower);
}

CONVOY_WORKLOAD(switch_matrix, switch, "Pass a token between every two workers in turn", how,
                exchanges, bells, doors, token, places, latency, convoy::WorkersNeedEachOther{},
                convoy::WorkersNeedSeats{}, convoy::UsualWorkers{{2}},
                convoy::UsualValues{how, {"spin", "sleep"}}, convoy::UnderFewLocks{}) {
  const int me = worker.index();
  const bool spins = worker[how] == spin;
  const auto count = static_cast<std::uint64_t>(worker[exchanges]);
  std::atomic<std::uint64_t>& passed = worker[token].passed;
  const int bell = worker[bells][static_cast<std::size_t>(me)].get();
  std::array<char, sizeof(std::uint64_t)> rung{};
  const std::span<char> into(rung);
  note_place(worker[places][static_cast<std::size_t>(me)]);
  if (me != 0) ring(worker, 0);
  for (int others = 1; me == 0 && others < worker.count(); ++others)
    co_await worker.read(bell, into);
  if (me == 0 && spins) require_cpus(worker[places]);
  Pair pair{0, 1};
  if (me == 0) call(worker, pair);
  std::uint64_t hand_overs = 0;
  while (worker.next()) do {
      const Pair next = pair.next(worker.count());
      const bool leads = me == pair.leader;
      if (leads || me == pair.follower) {
        co_await worker.read(bell, into);
        std::int64_t took = 0;
        if (spins) {
          took = worker.native([&] {
            if (leads) return lead(passed, count);
            follow(passed, count);
            return std::int64_t{0};
          });
        } else {
          convoy::Event& mine = worker[doors][leads ? 0 : 1];
          convoy::Event& theirs = worker[doors][leads ? 1 : 0];
          std::chrono::nanoseconds began{0};
          for (std::uint64_t i = 0; i <= count; ++i) {
            if (leads) theirs.set(worker);
            co_await mine.wait(worker);
            mine.clear();
            if (!leads) theirs.set(worker);
            if (i == 0) began = convoy::now();
          }
          took = (convoy::now() - began).count();
        }
        hand_overs += count;
        if (leads) {
          worker.report(latency, me, pair.follower,
                        static_cast<double>(took) / static_cast<double>(2 * count));
          call(worker, next);
        }
      }
      pair = next;
    } while (!pair.is_first());
  // The first two were called once more.
  if (me < 2) co_await worker.read(bell, into);
  worker.keep(hand_overs);
}
