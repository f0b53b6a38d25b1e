#include "harness/work/load.hpp"

#include <sys/socket.h>

#include <cerrno>

#include "harness/base/check.hpp"
#include "harness/work/descriptor.hpp"
#include "harness/work/worker.hpp"

namespace convoy {
namespace {

LoadBoard& board_of(const Setup& setup) {
  CONVOY_CHECK(setup.peer().board != nullptr, "a server has no load generator");
  return *setup.peer().board;
}

void ring(const Setup& setup) {
  const std::uint64_t one = 1;
  while (::write(setup.peer().bell, &one, sizeof one) < 0 && errno == EINTR) continue;
}

// Of each client in a round in which each worker answers so many requests: as many, where each has
// a client of its own; 0, as many as come, where clients take turns.
std::uint64_t quota_of(const Setup& setup, std::uint64_t operations) {
  const Workload& workload = setup.workload();
  const std::size_t clients = workload.parameter_index(workload.load.clients->name());
  return setup.arguments()[clients] == 1 ? operations : 0;
}

}  // namespace

bool LoadBoard::arrive(std::uint64_t each) {
  // Relaxed: whoever is first, the round's number below publishes the quota.
  if (arrived.fetch_add(1, std::memory_order_relaxed) != 0) return false;
  quota.store(each, std::memory_order_relaxed);
  round.fetch_add(1, std::memory_order_release);
  return true;
}

bool LoadBoard::finish(std::uint32_t count) {
  // Acquire and release: the last one sees that all others have arrived, and resets the counts.
  if (finished.fetch_add(1, std::memory_order_acq_rel) + 1 != count) return false;
  arrived.store(0, std::memory_order_relaxed);
  finished.store(0, std::memory_order_relaxed);
  round.fetch_add(1, std::memory_order_release);
  return true;
}

ServedRound::ServedRound(const Worker& worker)
    : ServedRound(worker.setup(), worker.remaining(),
                  static_cast<std::uint32_t>(worker.setup().workers())) {}

ServedRound::ServedRound(const Setup& setup, std::uint64_t operations, std::uint32_t count)
    : setup_(setup), count_(count) {
  if (board_of(setup_).arrive(quota_of(setup_, operations))) ring(setup_);
}

ServedRound::~ServedRound() {
  if (board_of(setup_).finish(count_)) ring(setup_);
}

ServerChannel ServerChannel::open(const Setup& setup, int /*worker*/) {
  ServerChannel channel;
  channel.listener = setup.peer().listener;
  for (;;) {
    channel.connection.reset(::accept4(channel.listener, nullptr, nullptr, SOCK_CLOEXEC));
    if (channel.connection) return channel;
    if (errno != EINTR) throw_errno("accept", "use fewer workers, or raise `ulimit -n`");
  }
}

void ServerChannel::end_session(std::int64_t requests) {
  if (requests == 0 || answered < requests)
    throw_error_code(ECONNRESET, "recv",
                     "the load generator ended early: look at what it reported");
  connection.reset();
  answered = 0;
}

}  // namespace convoy
