// The server inside a peer: sends back whatever arrives, or a page for each request, a fixed time
// after it came.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "harness/base/clock.hpp"
#include "harness/base/unique_fd.hpp"
#include "harness/peer/endpoint.hpp"
#include "harness/peer/http.hpp"

struct epoll_event;

namespace convoy {

// Lives in the peer's process, on its one thread; serve() blocks in epoll and ends only by a signal
// or by throwing std::system_error. Delays overlap: every piece that arrives waits its own.
class EchoServer {
 public:
  // `page`: what streams get instead of an echo, which outlives it; null: an echo.
  EchoServer(Endpoint& endpoint, nanoseconds delay, bool stamps = false,
             const HttpPage* page = nullptr);
  [[noreturn]] void serve();

 private:
  // A stream: one socket both ways, or a pipe each way. Slots are used again under another serial
  // number.
  struct Connection {
    UniqueFd in, out;  // out is empty for sockets
    std::uint32_t slot = 0, serial = 0;
    std::uint32_t in_events = 0, out_events = 0;  // what epoll was told
    std::string unsent;
    std::string unfinished;   // request
    std::size_t awaited = 0;  // replies that are not due yet
    bool ended = false;       // nothing more will arrive
  };
  struct Reply {
    nanoseconds due;
    std::uint64_t id;  // of the connection
    std::string bytes;
    sockaddr_storage to;  // of datagrams
    socklen_t to_size = 0;
  };

  void add(UniqueFd in, UniqueFd out);
  Connection* find(std::uint64_t id);
  static std::uint64_t id_of(const Connection& connection);
  void accept_all();
  void receive_datagrams();
  void handle(const epoll_event& event);
  void receive(Connection& connection);
  void reply(Connection& connection, char* bytes, std::size_t size);
  void send(Connection& connection, const char* bytes, std::size_t size);
  void flush(Connection& connection);
  void update(Connection& connection);
  void watch(Connection& connection, int fd, std::uint32_t wanted, std::uint32_t& told);
  void close(Connection& connection);
  void send_due();
  void stamp(char* bytes, std::size_t size) const;

  UniqueFd epoll_;
  int socket_;
  bool datagrams_;
  nanoseconds delay_;
  bool stamps_;
  const HttpPage* page_;
  std::deque<Connection> connections_;  // references last while it grows
  std::vector<std::uint32_t> free_;
  std::deque<Reply>
      replies_;  // one delay for all, so the order of arrival is that of the due times
  std::vector<char> buffer_;
  std::string answers_;
};

}  // namespace convoy
