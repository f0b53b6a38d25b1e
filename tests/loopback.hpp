// Whether this machine has 127.0.0.1: a network namespace of its own begins without.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "harness/base/check.hpp"
#include "harness/base/unique_fd.hpp"
#include "harness/work/workload.hpp"

namespace convoy::test {

// Why TCP and UDP cannot reach it; empty where they can. The kernel may let a socket have the
// address and still know no way there: connecting UDP looks for one and sends nothing.
inline std::string loopback_refusal() {
  const UniqueFd server(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const UniqueFd client(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!server || !client) throw_errno("socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  if (::bind(server.get(), generic, size) == 0 &&
      ::getsockname(server.get(), generic, &size) == 0 &&
      ::connect(client.get(), generic, size) == 0)
    return {};
  if (errno != EADDRNOTAVAIL && errno != ENETUNREACH) throw_errno("bind or connect");
  return "127.0.0.1 cannot be reached (" + std::string(std::strerror(errno)) +
         "): try `ip link set lo up`";
}

// For SetUp: skips the test where it cannot be reached.
inline void require_loopback() {
  if (const std::string refusal = loopback_refusal(); !refusal.empty()) GTEST_SKIP() << refusal;
}
inline void require_loopback(Transport transport) {
  if (transport == Transport::tcp || transport == Transport::udp) require_loopback();
}

}  // namespace convoy::test
