// What a server and the load generator that calls it share: where the clients come from, and when a
// round begins and ends.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "harness/base/futex.hpp"
#include "harness/base/histogram.hpp"
#include "harness/base/unique_fd.hpp"
#include "harness/work/descriptor.hpp"
#include "harness/work/setup.hpp"

namespace convoy {

class Worker;

// Memory of the crew, the generator and the controller. Made by the controller before it forks
// either. A round: the first worker that serves begins it, the last that is done ends it, and both
// ring the generator, which then has no request answered that it has not counted, and says so.
struct LoadBoard {
  // Rises when a round begins, to an odd number, and when it ends.
  std::atomic<std::uint32_t> round{0};
  // Workers of this round. Alone on their line: every worker writes to both.
  alignas(128) std::atomic<std::uint32_t> arrived{0};
  std::atomic<std::uint32_t> finished{0};
  // Requests of each client in this round; 0: as many as come. Set before the round begins.
  std::atomic<std::uint64_t> quota{0};
  // The last round that the generator has counted; `latency` is that round's, and is read after.
  alignas(128) FutexWord counted{0};
  // From the instant that a request was to be sent until all of its answer was there.
  Histogram latency;

  // By workers, and whoever stands in for them. True for the first, and for the last of `count`;
  // the generator must be rung then. `each`: the quota, the same for all.
  bool arrive(std::uint64_t each);
  bool finish(std::uint32_t count);
};

// A round of one worker that serves, for its body's scope. Rings the generator, where it must, at
// both ends. `count`: how many there are, each with so many operations.
class ServedRound {
 public:
  explicit ServedRound(const Worker& worker);
  ServedRound(const Setup& setup, std::uint64_t operations, std::uint32_t count);
  ServedRound(const ServedRound&) = delete;
  ~ServedRound();

 private:
  const Setup& setup_;
  std::uint32_t count_;
};

// One worker's side of a server. Made on its seat outside the round, with the connection of one
// client, which stays where each worker has a client of its own:
//   const Local<ServerChannel> channel{ServerChannel::open}
struct ServerChannel {
  // Blocks until a client is there. Throws std::system_error.
  static ServerChannel open(const Setup& setup, int worker);

  // The client has hung up. Throws std::system_error where it had not made so many requests: it is
  // gone, and so are the others. 0: it was never to hang up.
  void end_session(std::int64_t requests);

  int listener = -1;  // where the next client waits once this one has gone
  UniqueFd connection;
  std::int64_t answered = 0;  // requests of this connection
};

}  // namespace convoy
