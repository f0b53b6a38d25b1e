#include "harness/peer/echo.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "harness/base/check.hpp"

namespace convoy {
namespace {

constexpr std::uint64_t kSocket =
    ~std::uint64_t{0};  // the listener, among the identities of connections
constexpr std::size_t kLargestBacklog =
    16 << 20;  // unsent bytes, beyond which a connection is read no further

bool would_block() { return errno == EAGAIN || errno == EINTR; }

void make_nonblocking(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) throw_errno("fcntl");
}

}  // namespace

EchoServer::EchoServer(Endpoint& endpoint, nanoseconds delay, bool stamps, const HttpPage* page)
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      socket_(endpoint.socket.get()),
      datagrams_(endpoint.address.socket_type == SOCK_DGRAM),
      delay_(delay),
      stamps_(stamps),
      page_(page),
      buffer_(std::size_t{64} << 10) {
  if (!epoll_) throw_errno("epoll_create1", "raise `ulimit -n`");
  if (socket_ >= 0) {
    if (!datagrams_) make_nonblocking(socket_);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = kSocket;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, socket_, &event) != 0) throw_errno("epoll_ctl");
  }
  for (auto& [requests, replies] : endpoint.served) {
    make_nonblocking(requests.get());
    make_nonblocking(replies.get());
    add(std::move(requests), std::move(replies));
  }
}

void EchoServer::serve() {
  std::array<epoll_event, 256> events;
  while (true) {
    timespec limit{};
    if (!replies_.empty())
      limit = to_timespec(std::max(nanoseconds(0), replies_.front().due - now()));
    const int count = ::epoll_pwait2(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                     replies_.empty() ? nullptr : &limit, nullptr);
    if (count < 0 && errno != EINTR) throw_errno("epoll_pwait2");
    for (int i = 0; i < count; ++i) handle(events[static_cast<std::size_t>(i)]);
    send_due();
  }
}

void EchoServer::handle(const epoll_event& event) {
  if (event.data.u64 == kSocket) {
    if (datagrams_) receive_datagrams();
    else accept_all();
    return;
  }
  Connection* connection = find(event.data.u64);
  if (connection == nullptr) return;  // closed by an earlier event of the same batch
  if ((event.events & EPOLLOUT) != 0) flush(*connection);
  if ((event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0) return;
  connection = find(event.data.u64);
  if (connection == nullptr) return;
  if (connection->ended) {
    // Only a break is reported without having been asked for.
    if ((event.events & (EPOLLHUP | EPOLLERR)) != 0) close(*connection);
  } else {
    receive(*connection);
  }
}

void EchoServer::accept_all() {
  for (int i = 0; i < 64; ++i) {
    UniqueFd fd(::accept4(socket_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) {
      if (would_block() || errno == ECONNABORTED) return;
      throw_errno("accept4", "use fewer workers, or raise `ulimit -n`");
    }
    const int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on,
                 sizeof on);  // fails, rightly, on local sockets
    add(std::move(fd), UniqueFd());
  }
}

void EchoServer::receive_datagrams() {
  for (int i = 0; i < 64; ++i) {
    Reply reply{};
    reply.to_size = sizeof reply.to;
    const ssize_t size = ::recvfrom(socket_, buffer_.data(), buffer_.size(), MSG_DONTWAIT,
                                    reinterpret_cast<sockaddr*>(&reply.to), &reply.to_size);
    if (size < 0) {
      if (would_block() || errno == ECONNREFUSED) return;  // a client that went away is no failure
      throw_errno("recvfrom");
    }
    if (delay_.count() == 0) {
      stamp(buffer_.data(), static_cast<std::size_t>(size));
      ::sendto(socket_, buffer_.data(), static_cast<std::size_t>(size), 0,
               reinterpret_cast<sockaddr*>(&reply.to), reply.to_size);
      continue;
    }
    reply.due = now() + delay_;
    reply.bytes.assign(buffer_.data(), static_cast<std::size_t>(size));
    replies_.push_back(std::move(reply));
  }
}

void EchoServer::receive(Connection& connection) {
  const ssize_t size = ::read(connection.in.get(), buffer_.data(), buffer_.size());
  if (size < 0) {
    if (!would_block()) close(connection);
    return;
  }
  if (size == 0) {
    connection.ended = true;
    update(connection);
    return;
  }
  if (page_ == nullptr) return reply(connection, buffer_.data(), static_cast<std::size_t>(size));
  answers_.clear();
  const std::string_view came(buffer_.data(), static_cast<std::size_t>(size));
  connection.ended = !page_->answer(connection.unfinished, came, answers_);
  if (!answers_.empty()) reply(connection, answers_.data(), answers_.size());
}

// To a piece that arrived just now. May close the connection.
void EchoServer::reply(Connection& connection, char* bytes, std::size_t size) {
  if (delay_.count() == 0) {
    stamp(bytes, size);
    return send(connection, bytes, size);
  }
  ++connection.awaited;
  replies_.push_back(
      {now() + delay_, id_of(connection), std::string(bytes, size), sockaddr_storage{}, 0});
}

void EchoServer::send_due() {
  if (replies_.empty()) return;
  const nanoseconds time = now();
  while (!replies_.empty() && replies_.front().due <= time) {
    Reply& reply = replies_.front();
    stamp(reply.bytes.data(), reply.bytes.size());
    if (datagrams_) {
      ::sendto(socket_, reply.bytes.data(), reply.bytes.size(), 0,
               reinterpret_cast<sockaddr*>(&reply.to), reply.to_size);
    } else if (Connection* const connection = find(reply.id)) {
      --connection->awaited;
      send(*connection, reply.bytes.data(), reply.bytes.size());
    }
    replies_.pop_front();
  }
}

void EchoServer::stamp(char* bytes, std::size_t size) const {
  const std::int64_t time = now().count();
  if (stamps_) std::memcpy(bytes, &time, std::min(size, sizeof time));
}

// Sends what fits and keeps the rest. May close the connection.
void EchoServer::send(Connection& connection, const char* bytes, std::size_t size) {
  ssize_t sent = 0;
  if (connection.unsent.empty()) {
    const int fd = connection.out ? connection.out.get() : connection.in.get();
    sent = ::write(fd, bytes, size);
    if (sent < 0 && !would_block()) return close(connection);
    sent = std::max(sent, ssize_t{0});
  }
  connection.unsent.append(bytes + sent, size - static_cast<std::size_t>(sent));
  update(connection);
}

void EchoServer::flush(Connection& connection) {
  std::string rest;
  rest.swap(connection.unsent);
  send(connection, rest.data(), rest.size());
}

// Tells epoll what is wanted now, and closes what is finished.
void EchoServer::update(Connection& connection) {
  if (connection.ended && connection.unsent.empty() && connection.awaited == 0)
    return close(connection);
  const bool reads = !connection.ended && connection.unsent.size() < kLargestBacklog;
  const std::uint32_t in = reads ? EPOLLIN : 0U;
  const std::uint32_t out = connection.unsent.empty() ? 0U : EPOLLOUT;
  if (connection.out) {
    watch(connection, connection.in.get(), in, connection.in_events);
    watch(connection, connection.out.get(), out, connection.out_events);
  } else {
    watch(connection, connection.in.get(), in | out, connection.in_events);
  }
}

void EchoServer::watch(Connection& connection, int fd, std::uint32_t wanted, std::uint32_t& told) {
  if (wanted == told) return;
  epoll_event event{};
  event.events = wanted;
  event.data.u64 = id_of(connection);
  const int what = wanted == 0 ? EPOLL_CTL_DEL : told == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  if (::epoll_ctl(epoll_.get(), what, fd, &event) != 0)
    throw_errno("epoll_ctl", "raise fs.epoll.max_user_watches");
  told = wanted;
}

void EchoServer::add(UniqueFd in, UniqueFd out) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(connections_.size()));
    connections_.emplace_back().slot = free_.back();
  }
  Connection& connection = connections_[free_.back()];
  free_.pop_back();
  connection.in = std::move(in);
  connection.out = std::move(out);
  update(connection);
}

std::uint64_t EchoServer::id_of(const Connection& connection) {
  return std::uint64_t{connection.serial} << 32 | connection.slot;
}

EchoServer::Connection* EchoServer::find(std::uint64_t id) {
  Connection& connection = connections_[id & 0xffffffff];
  return id_of(connection) == id ? &connection : nullptr;
}

void EchoServer::close(Connection& connection) {
  // Closing takes the descriptors out of epoll: nobody else has them.
  const std::uint32_t slot = connection.slot;
  const std::uint32_t serial = connection.serial + 1;
  connection = Connection{};
  connection.slot = slot;
  connection.serial = serial;
  free_.push_back(slot);
}

}  // namespace convoy
