// What fixtures and bodies find ready: the parameters' values and the peer's addresses.
#pragma once

#include <sys/socket.h>

#include <string>
#include <utility>
#include <vector>

#include "harness/base/parameter.hpp"
#include "harness/base/unique_fd.hpp"

namespace convoy {

struct LoadBoard;
struct Workload;

// Where the peer listens: a socket address, or for pipes one pair of descriptors a worker (read
// end, write end).
struct PeerAddress {
  sockaddr_storage address{};
  socklen_t size = 0;
  int socket_type = 0;  // SOCK_STREAM or SOCK_DGRAM
  std::vector<std::pair<int, int>> pipes;
  // Where the peer generates load, it is the workers who listen, and who ring it when a round
  // begins and ends.
  int listener = -1;
  int bell = -1;
  LoadBoard* board = nullptr;
};

// The resolved surroundings of one crew. Made by the controller before the host is forked;
// read-only in workers.
class Setup {
 public:
  Setup(const Workload& workload, std::vector<std::int64_t> arguments, int workers)
      : workload_(&workload), arguments_(std::move(arguments)), workers_(workers) {}

  template <class P>
  auto operator[](const P& parameter) const {
    return P::decode(argument(parameter));
  }
  const Workload& workload() const { return *workload_; }
  const std::vector<std::int64_t>& arguments() const { return arguments_; }
  // Those whose operations count; they have the indexes from 0.
  int workers() const { return workers_; }
  // Workers that run in the background until those are done; they have the indexes after them.
  int background_workers() const;
  int bodies() const { return workers() + background_workers(); }
  const PeerAddress& peer() const { return peer_; }
  void set_peer(PeerAddress peer) { peer_ = std::move(peer); }
  // The server of others that takes the peer's place, as --target names it: see
  // harness/work/target.hpp. Empty: none.
  const std::string& target() const { return target_; }
  void set_target(std::string target) { target_ = std::move(target); }

  // A connected socket to the peer (blocking; whoever waits on it decides otherwise). Throws
  // std::system_error.
  UniqueFd connect_to_peer() const;
  // An open file without a name, in $CONVOY_SCRATCH or else /var/tmp: nothing is left behind.
  // `direct` bypasses the page cache; not every file system lets it. Throws std::system_error.
  UniqueFd scratch_file(bool direct = false) const;

 private:
  std::int64_t argument(const ParameterBase& parameter) const;

  const Workload* workload_;
  std::vector<std::int64_t> arguments_;
  int workers_;
  PeerAddress peer_;
  std::string target_;
};

}  // namespace convoy
