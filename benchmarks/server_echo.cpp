// A server that sends back what its clients send. Which kind of server it is, its model and its
// workers say: one connection after another (single), a thread or a process for each, a pool of
// them (more clients than workers), an event loop, or a loop for each core (carriers).
#include <string>
#include <thread>

#include "harness/work/workload.hpp"

using convoy::operator""_B, convoy::operator""_MiB;
using namespace std::chrono_literals;

static const convoy::Parameter clients{
    "clients", 1, "Clients for each worker: with 1 they keep their connections", 1, 10'000};
static const convoy::Parameter session{
    "session", 64, "Requests of a client before it connects anew, where several share a worker", 1,
    1'000'000};
static const convoy::Parameter bytes{"bytes", 64_B, "Length of a request", 1_B, 1_MiB};
static const convoy::Parameter rate{
    "rate", 0, "Requests a second of all clients, by the clock; 0: each when it has its answer", 0,
    10'000'000};
static const convoy::Choice arrivals{
    "arrivals", {"poisson", "equal"}, "Intervals between requests that come by the clock"};
static const convoy::Parameter cpu{"cpu", 0ns, "How long a request computes", 0ns, 1s};
static const convoy::Parameter wait{"wait", 0ns, "How long it then waits", 0ns, 10s};
static const convoy::Parameter stall{
    "stall", 0ns, "How long one worker's seat stands still, once a second", 0ns, 1s};

namespace {
// When the next stall is due, on the clock of now(), in ns.
struct Stalls {
  std::atomic<std::int64_t> due{0};
};
}  // namespace
static const convoy::SharedState<Stalls> stalls;
static const convoy::Shared<convoy::Speed> speed{convoy::Speed::measure};
static const convoy::Local<convoy::ServerChannel> channel{convoy::ServerChannel::open};

// For whoever comes first; its seat does nothing else meanwhile, as if the whole program stood.
static void stand_still(Stalls& state, std::chrono::nanoseconds how_long) {
  std::int64_t due = state.due.load(std::memory_order_relaxed);  // a number, and nothing behind it
  const std::int64_t time = convoy::now().count();
  if (time < due || !state.due.compare_exchange_strong(due, time + 1'000'000'000)) return;
  if (due != 0) std::this_thread::sleep_for(how_long);
}

CONVOY_WORKLOAD(server_echo, server, "Answer requests of clients over TCP", clients, session, bytes,
                rate, arrivals, cpu, wait, stall, stalls, speed, channel,
                convoy::LoadPeer{bytes, clients, session, rate, arrivals},
                convoy::ComputesAndWaits{}, convoy::OperationCosts{&cpu, &wait},
                convoy::UsualWorkers{{1, 16, 128}}, convoy::UnderFewLocks{},
                convoy::InQuick{clients, {"1"}, {"threads", "processes", "coroutines"}, 64},
                convoy::InQuick{clients, {"64"}, {"single"}}) {
  const convoy::ServedRound round(worker);
  convoy::ServerChannel& client = worker[channel];
  const std::int64_t steps = worker[speed].steps(worker[cpu]);
  std::string message(static_cast<std::size_t>(worker[bytes].count), '\0');
  while (worker.next()) {
    for (std::size_t got = 0; got < message.size();) {
      if (!client.connection) {
        const std::size_t fd = co_await worker.accept(client.listener);
        client.connection.reset(static_cast<int>(fd));
      }
      const std::size_t count =
          co_await worker.recv(client.connection.get(), std::span(message).subspan(got));
      got += count;
      if (count > 0) continue;
      client.end_session(worker[clients] > 1 ? worker[session] : 0);
      got = 0;
    }
    if (worker[stall] > 0ns) stand_still(worker[stalls], worker[stall]);
    if (steps > 0) convoy::compute(worker, 1, steps);
    if (worker[wait] > 0ns) co_await worker.sleep(worker[wait]);
    for (std::size_t sent = 0; sent < message.size();) {
      const std::span<const char> rest = std::span(message).subspan(sent);
      const std::size_t count = co_await worker.send(client.connection.get(), rest);
      sent += count;
    }
    ++client.answered;
  }
}
