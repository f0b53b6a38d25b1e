// The load generator inside a peer: clients of the server that the crew is.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/base/clock.hpp"
#include "harness/base/unique_fd.hpp"
#include "harness/peer/arrivals.hpp"
#include "harness/peer/endpoint.hpp"
#include "harness/work/load.hpp"

namespace convoy {

struct LoadPlan {
  Arrivals::Plan arrivals;
  std::int64_t bytes = 64;   // of a request, and of its answer
  std::int64_t session = 0;  // requests before a client connects anew; 0: it stays
};

// Lives in the peer's process, on its one thread. The constructor connects all clients, which may
// block; serve() blocks in epoll and ends only by a signal or by throwing. Throws
// std::system_error, or std::runtime_error for an answer that is not what was sent, a server that
// hangs up in the middle of a round, and one that is hopelessly slow.
class LoadGenerator {
 public:
  LoadGenerator(const Endpoint& endpoint, const LoadPlan& plan);
  [[noreturn]] void serve();

 private:
  struct Client {
    UniqueFd socket;
    std::size_t owed = 0;                     // requests that are due and not sent to the end
    std::size_t sent = 0;                     // bytes of the first of those
    std::size_t got = 0;                      // bytes of the answer that comes next
    std::uint64_t to_send = 0, to_check = 0;  // the numbers of those two
    std::uint64_t last = 0;  // of this session: the number that is not sent in it any more
    std::uint32_t watched = 0;
    bool hung_up = false;  // by the server
  };

  void connect(int client);
  void heed_bell();
  void end_round();
  void handle(int client, std::uint32_t events);
  void send_due();
  void send(int client);
  void receive(int client);
  // Bytes of an answer, or of several.
  void check(int client, const char* bytes, std::size_t size);
  bool is_right(const Client& client, int index, const char* bytes, std::size_t size) const;
  void watch(int client, std::uint32_t events);
  void hang_up(int client);
  bool wait_for_events(bool for_long);
  const char* pattern(int client) const { return pattern_.data() + client % kPatterns; }

  static constexpr int kPatterns = 94;

  LoadPlan plan_;
  LoadBoard& board_;
  PeerAddress server_;
  UniqueFd epoll_;
  Arrivals arrivals_;
  std::vector<Client> clients_;
  std::string pattern_;  // of messages: as long as one, and kPatterns more
  std::string message_, buffer_;
  std::uint32_t round_ = 0;
  nanoseconds hung_up_at_{0};  // when the server hung up in this round; 0: it has not
};

}  // namespace convoy
