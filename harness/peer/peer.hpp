// The other side of an I/O workload: an echo server or a load generator in a process of its own,
// started, placed and ended.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "harness/base/clock.hpp"
#include "harness/base/unique_fd.hpp"
#include "harness/machine/cpu_set.hpp"
#include "harness/machine/pinning.hpp"
#include "harness/peer/endpoint.hpp"
#include "harness/peer/load.hpp"

namespace convoy {

struct PeerPlan {
  Transport transport = Transport::tcp;
  nanoseconds delay{0};                // from a request's arrival to its answer; delays overlap
  bool stamps = false;                 // answers begin with the instant of their sending
  int workers = 1;                     // pipes are made for each
  std::optional<std::int64_t> page{};  // it speaks HTTP, and this is the size of its page
  std::optional<LoadPlan> load{};      // the peer calls the workers, and serves nothing
  std::optional<CpuSet> cpus{};        // absent: where the operating system likes
  nanoseconds start_limit = std::chrono::seconds(60);
};

// One peer. Made and ended by the controller, which has one thread, before and after the host it
// serves. Making it waits until the peer is placed and listens; ending it waits for its death,
// a fifth of a second at most.
class Peer {
 public:
  // Throws std::system_error, or std::runtime_error: with the peer's own words, when it does not
  // start within the plan's limit, or when an interruption is pending.
  explicit Peer(const PeerPlan& plan);
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  ~Peer() { stop(); }

  const PeerAddress& address() const { return endpoint_.address; }
  // Where it was asked to be and where it says it is.
  const Pinning& pinning() const { return pinning_; }
  pid_t pid() const { return pid_; }
  bool alive() const;
  // Of a load generator, after a round: what its clients saw. Waits until it has counted them.
  // Throws std::runtime_error when that takes longer than `limit`.
  Histogram latency_of_round(nanoseconds limit) const;
  // Ends it; empty when all was well, else how it had failed or died before. Later calls return the
  // same.
  std::string stop();

 private:
  void start(const PeerPlan& plan);
  std::string first_report(nanoseconds deadline);
  bool dies_within(nanoseconds patience) const;
  std::string rest_of_report() const;

  Endpoint endpoint_;
  UniqueFd
      report_;  // what the peer says: first where it is, later why it failed; ends with the peer
  Pinning pinning_;
  pid_t pid_ = -1;
  std::string failure_;
};

}  // namespace convoy
