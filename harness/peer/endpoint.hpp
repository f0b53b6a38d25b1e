// Where a peer is reached: the sockets or pipes both sides share, made before the peer is forked.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "harness/base/mapping.hpp"
#include "harness/base/unique_fd.hpp"
#include "harness/work/descriptor.hpp"
#include "harness/work/setup.hpp"

namespace convoy {

// Owns both sides until the fork; afterwards each process drops the other's. Nothing of it has a
// name in a file system, so nothing is left behind.
struct Endpoint {
  UniqueFd socket;  // the peer's listener, or its datagram socket
  std::vector<std::pair<UniqueFd, UniqueFd>>
      served;  // the peer's ends of the pipes: requests, replies
  std::vector<std::pair<UniqueFd, UniqueFd>> offered;  // the workers' ends: replies, requests
  UniqueFd listener, bell;                             // of workers whose peer generates load
  std::unique_ptr<Mapping> board;                      // theirs and its LoadBoard
  PeerAddress address;
};

// Loopback, on ports and names the kernel chooses. Throws std::system_error.
Endpoint open_endpoint(Transport transport, int workers);
// The same where the workers listen, over TCP, and the peer calls them.
Endpoint open_server_endpoint();

}  // namespace convoy
