// Fetching a page over HTTP/1.1 on a connection that stays open, as services ask each other.
// lint: long because a server may close the connection, which is then opened again
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <string>
#include <vector>

#include "harness/work/workload.hpp"

using convoy::operator""_B, convoy::operator""_MiB;
using namespace std::chrono_literals;

static const convoy::Parameter bytes{"bytes", 64_B, "Length of the suite's own page", 0_B, 1_MiB};
static const convoy::Parameter delay{"delay", 0ns, "How long its server delays an answer", 0ns,
                                     10s};

namespace {
struct Connection {
  convoy::UniqueFd socket;
  sockaddr_storage server{};
  socklen_t size = sizeof server;
  std::string request;
  convoy::HttpResponse response;

  const sockaddr* address() const { return reinterpret_cast<const sockaddr*>(&server); }
  convoy::UniqueFd another_socket() const {
    convoy::UniqueFd made(::socket(server.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!made) convoy::throw_errno("socket", "use fewer workers, or raise `ulimit -n`");
    const int on = 1;
    ::setsockopt(made.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return made;
  }
};
}  // namespace

static std::string request_for(const std::string& host, const std::string& path) {
  return "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nUser-Agent: convoy\r\n\r\n";
}

// A page that is not there, or no server at all, is found out here.
static const convoy::Local<Connection> connection{[](const convoy::Setup& setup, int) {
  const bool others = !setup.target().empty();
  Connection made;
  made.socket = others ? convoy::connect_to_target(setup) : setup.connect_to_peer();
  if (::getpeername(made.socket.get(), reinterpret_cast<sockaddr*>(&made.server), &made.size) != 0)
    convoy::throw_errno("getpeername");
  made.request = request_for("127.0.0.1", "/");
  if (!others) return made;
  const convoy::TargetAddress page = convoy::parse_target(setup.target(), setup.workload());
  made.request = request_for(page.authority(), page.path);
  for (std::string question = made.request;; question.clear())
    if (made.response.take(convoy::ask_target(setup, made.socket, question))) break;
  made.response.require_success();
  if (made.response.closes()) made.socket.reset();
  return made;
}};

CONVOY_WORKLOAD(io_http_get, io, "Fetch a page over HTTP, on a connection that stays open", bytes,
                delay, connection, convoy::HttpPeer{bytes, delay}) {
  Connection& own = worker[connection];
  std::vector<char> buffer(std::size_t{16} << 10);
  while (worker.next()) {
    if (!own.socket) {
      own.socket = own.another_socket();
      co_await worker.connect(own.socket.get(), own.address(), own.size);
    }
    for (std::size_t sent = 0; sent < own.request.size();) {
      const std::span<const char> rest = std::span(own.request).subspan(sent);
      const std::size_t count = co_await worker.send(own.socket.get(), rest);
      sent += count;
    }
    own.response.begin();
    for (bool whole = false; !whole;) {
      const std::size_t count = co_await worker.recv(own.socket.get(), buffer);
      if (count == 0) convoy::throw_error_code(ECONNRESET, "recv", "the server has hung up");
      whole = own.response.take({buffer.data(), count});
    }
    own.response.require_success();
    worker.keep(own.response.status());
    // Pages of others may change.
    if (worker.setup().target().empty()) worker.keep(std::span<const char>(own.response.body()));
    if (own.response.closes()) own.socket.reset();
  }
}
