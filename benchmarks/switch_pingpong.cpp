// Pairs of workers that hand a token over: how long until the other one runs. Where the two run is
// the placement's business.
// lint: long because a token goes four ways
#include <array>
#include <cerrno>
#include <stdexcept>
#include <vector>

#include "harness/sync/each.hpp"
#include "harness/sync/event.hpp"
#include "harness/work/workload.hpp"

namespace {
enum Via : std::int64_t { event, pipe_, socketpair_, turn };
}  // namespace
static const convoy::Choice via{
    "via",
    {"event", "pipe", "socketpair", "turn"},
    "What the token goes through: an event (a futex, for blocking workers); a pipe; a Unix socket; "
    "or nothing, where each yields until it is its turn"};

constexpr int kExchanges = 32;  // there and back in an operation: 1 us where nobody asks the kernel

static void require_pairs(const convoy::Setup& setup) {
  if (setup.workers() % 2 != 0)
    throw std::invalid_argument("switch_pingpong needs pairs: use an even number of --workers");
}

// The two directions of each; with a socket both are the same.
static void connect(std::int64_t way, convoy::Channel& one, convoy::Channel& other) {
  if (way == socketpair_) {
    convoy::Channel both = convoy::open_sockets(SOCK_STREAM);
    one.in = std::move(both.in);
    other.in = std::move(both.out);
    return;
  }
  convoy::Channel there = convoy::open_pipe(), back = convoy::open_pipe();
  other.in = std::move(there.in);
  one.out = std::move(there.out);
  one.in = std::move(back.in);
  other.out = std::move(back.out);
}

static const convoy::Shared<std::vector<convoy::Channel>> ends{[](const convoy::Setup& setup) {
  require_pairs(setup);
  std::vector<convoy::Channel> made(static_cast<std::size_t>(setup.workers()));
  if (setup[via] == pipe_ || setup[via] == socketpair_)
    for (std::size_t i = 0; i < made.size(); i += 2) connect(setup[via], made[i], made[i + 1]);
  return made;
}};
static const convoy::Synced<convoy::Each<convoy::Event>> doors{
    "door", [](const convoy::Setup& setup) { return setup[via] == event ? setup.workers() : 0; }};

namespace {
// How many halves of exchanges a pair has done in this operation; 0 before and after each.
struct alignas(128) Token {
  std::atomic<int> halves{0};
};
}  // namespace
static const convoy::SharedMemory<Token> tokens{
    [](const convoy::Setup& setup) { return setup.workers() / 2; }};

static const convoy::Figure switching{"switch_ns", "ns", convoy::Combine::mean,
                                      "Time from passing the token until the other worker runs"};

static void expect(bool right) {
  if (!right)
    throw std::runtime_error(
        "wrong answer: the token came out of turn; this is a defect of the "
        "model or of what it went through");
}

CONVOY_WORKLOAD(switch_pingpong, switch, "Pass a token to another worker, and get it back", via,
                ends, doors, tokens, switching, convoy::WorkersNeedEachOther{},
                convoy::UsualWorkers{{2}}, convoy::UsualValues{via, {"event", "pipe", "turn"}},
                convoy::UnderFewLocks{}) {
  const auto way = worker[via];
  const int partner = worker.index() ^ 1;
  const bool leads = worker.index() < partner;
  std::atomic<int>& halves = worker[tokens][static_cast<std::size_t>(worker.index() / 2)].halves;
  const convoy::Channel& mine = worker[ends][static_cast<std::size_t>(worker.index())];
  convoy::Each<convoy::Event>& events = worker[doors];
  std::array<char, 1> letter{};
  const std::span<char> in(letter);
  const std::span<const char> out(letter);
  std::int64_t switches = 0;
  const auto began = convoy::now();
  for (; worker.next(); switches += 2 * kExchanges)
    for (int half = 0; half < 2 * kExchanges; ++half) {
      const int after = (half + 1) % (2 * kExchanges);
      if ((half % 2 == 0) == leads) {
        // Release, with the acquiring load below, where nothing else orders the two.
        halves.store(after, std::memory_order_release);
        if (way == event) events[partner].set(worker);
        else if (way == pipe_) co_await worker.write(mine.out.get(), out);
        else if (way == socketpair_) co_await worker.send(mine.in.get(), out);
        continue;
      }
      if (way == event) {
        convoy::Event& door = events[worker.index()];
        co_await door.wait(worker);
        door.clear();
      } else if (way == pipe_) {
        co_await worker.read(mine.in.get(), in);
      } else if (way == socketpair_) {
        co_await worker.recv(mine.in.get(), in);
      } else {
        while (halves.load(std::memory_order_acquire) != after) co_await worker.turn();
      }
      expect(halves.load(std::memory_order_acquire) == after);
    }
  const auto took = static_cast<double>((convoy::now() - began).count());
  if (switches > 0) worker.report(switching, took / static_cast<double>(switches));
  worker.keep(switches);
}
