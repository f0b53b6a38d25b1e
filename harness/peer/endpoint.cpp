#include "harness/peer/endpoint.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <sys/un.h>

#include <new>

#include "harness/base/check.hpp"
#include "harness/work/load.hpp"

namespace convoy {
namespace {

constexpr const char* kMoreDescriptors = "use fewer workers, or raise `ulimit -n`";

void open_socket(Endpoint& endpoint, Transport transport) {
  const bool local = transport == Transport::unix_stream;
  const int type = transport == Transport::udp ? SOCK_DGRAM : SOCK_STREAM;
  PeerAddress& address = endpoint.address;
  address.socket_type = type;
  endpoint.socket = UniqueFd(::socket(local ? AF_UNIX : AF_INET, type | SOCK_CLOEXEC, 0));
  if (!endpoint.socket) throw_errno("socket", kMoreDescriptors);
  const int fd = endpoint.socket.get();
  auto* const generic = reinterpret_cast<sockaddr*>(&address.address);
  if (local) {
    // The family alone: the kernel chooses an abstract name that nobody has.
    generic->sa_family = AF_UNIX;
    address.size = sizeof(sa_family_t);
  } else {
    auto* const internet = reinterpret_cast<sockaddr_in*>(generic);
    internet->sin_family = AF_INET;
    internet->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.size = sizeof *internet;
  }
  if (::bind(fd, generic, address.size) != 0)
    throw_errno("bind",
                "see whether the loopback interface is up (ip link) and has free ports (ss -s)");
  address.size = sizeof address.address;
  if (::getsockname(fd, generic, &address.size) != 0) throw_errno("getsockname");
  // As many as the system allows (net.core.somaxconn), so that thousands may connect at once.
  if (type == SOCK_STREAM && ::listen(fd, 65535) != 0) throw_errno("listen");
}

std::pair<UniqueFd, UniqueFd> open_pipe() {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) throw_errno("pipe2", kMoreDescriptors);
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

}  // namespace

Endpoint open_endpoint(Transport transport, int workers) {
  CONVOY_CHECK(transport != Transport::none,
               "a peer needs a transport: start none for a workload without one");
  Endpoint endpoint;
  if (transport != Transport::pipe) {
    open_socket(endpoint, transport);
    return endpoint;
  }
  for (int i = 0; i < workers; ++i) {
    auto requests = open_pipe();
    auto replies = open_pipe();
    endpoint.address.pipes.emplace_back(replies.first.get(), requests.second.get());
    endpoint.served.emplace_back(std::move(requests.first), std::move(replies.second));
    endpoint.offered.emplace_back(std::move(replies.first), std::move(requests.second));
  }
  return endpoint;
}

Endpoint open_server_endpoint() {
  Endpoint endpoint;
  open_socket(endpoint, Transport::tcp);
  endpoint.listener = std::move(endpoint.socket);
  const int on = 1;  // what is accepted inherits it: an answer goes out when it is sent
  ::setsockopt(endpoint.listener.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  endpoint.bell = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!endpoint.bell) throw_errno("eventfd", kMoreDescriptors);
  endpoint.board = std::make_unique<Mapping>(sizeof(LoadBoard));
  endpoint.address.listener = endpoint.listener.get();
  endpoint.address.bell = endpoint.bell.get();
  endpoint.address.board = new (endpoint.board->data()) LoadBoard;
  return endpoint;
}

}  // namespace convoy
