// When which client sends its next request, and how long it then waited: the load without the
// sockets.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <vector>

#include "harness/base/clock.hpp"
#include "harness/base/histogram.hpp"

namespace convoy {

// In a closed loop each client sends when the last answer has come. In an open loop requests arrive
// by the clock, whoever has answered, and take turns among the clients; a client may owe several.
// Latency counts from the instant at which the request was to be sent, so that a stall is seen by
// all who would have come meanwhile (Tene's "coordinated omission"). Knows no clock: the caller
// tells the time, which never goes back. One thread.
class Arrivals {
 public:
  struct Plan {
    int clients = 1;
    std::int64_t rate = 0;  // requests a second of all clients together; 0: a closed loop
    bool poisson = true;    // exponential intervals between requests; false: equal ones
    std::uint64_t seed = 1;
  };
  // How many requests may wait for their answers, beyond which the server is hopelessly slow.
  static constexpr std::size_t kMostOutstanding = std::size_t{1} << 22;

  explicit Arrivals(const Plan& plan);

  // Each client makes `quota` requests in it; 0: as many as come. A request that is sent and not
  // answered by the end of a round will be answered in the next one, and counts in neither.
  void begin_round(nanoseconds time, std::uint64_t quota = 0);
  void end_round();
  bool in_round() const { return in_round_; }

  // The next request that is due: whose it is; none if there is none yet. The caller has it sent.
  // Throws std::runtime_error where too many wait for their answers.
  std::optional<int> take_due(nanoseconds time);
  // When the next one is due; absent if only an answer or a round brings one.
  std::optional<nanoseconds> next_due() const;
  // That client's oldest request has its answer.
  void answered(int client, nanoseconds time);
  // So many of that client's newest requests are not sent: the round is over.
  void drop(int client, std::size_t count);
  // Of requests of this round that have been answered.
  const Histogram& latency() const { return latency_; }

 private:
  struct Request {
    nanoseconds intended;
    std::uint32_t round;
  };
  nanoseconds gap();
  // Of an open loop: whose turn it is has made all of its requests, and so have the others.
  bool all_made() const { return left_[static_cast<std::size_t>(next_client_)] == 0; }

  Plan plan_;
  std::mt19937_64 random_;
  std::vector<std::deque<Request>> waiting_;  // by client: oldest first
  std::size_t outstanding_ = 0;
  std::deque<int> ready_;            // of a closed loop: clients whose next request is due
  std::vector<std::uint64_t> left_;  // of each client in this round
  nanoseconds due_{0};               // of an open loop: the next one
  double left_over_ = 0;             // of gaps, fractions of a nanosecond
  int next_client_ = 0;
  bool in_round_ = false;
  std::uint32_t round_ = 0;
  Histogram latency_;
};

}  // namespace convoy
