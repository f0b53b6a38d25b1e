// An event loop on epoll, written by hand for each job alone: the least that a loop can cost.
#include <sys/epoll.h>
#include <sys/utsname.h>

#include <algorithm>
#include <array>

#include "benchmarks/runtimes/shared/sleepers.hpp"

namespace {

using namespace convoy::runtimes;

class Sleep : public Sleepers {
 public:
  explicit Sleep(const Setting& setting)
      : Sleepers(setting), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (epoll_ < 0) fail("epoll_create1");
  }

 private:
  void wait(std::int64_t ns) override {
    epoll_event none{};
    const timespec limit{ns / 1'000'000'000, ns % 1'000'000'000};
    if (::epoll_pwait2(epoll_, &none, 1, &limit, nullptr) < 0 && errno != EINTR)
      fail("epoll_pwait2");
  }
  int epoll_;
};

// Level-triggered, which is as quick here as edge-triggered: who is told reads once.
class Echo : public Job {
 public:
  explicit Echo(const Setting& setting)
      : bytes_(static_cast<std::size_t>(setting["bytes"])),
        epoll_(::epoll_create1(EPOLL_CLOEXEC)),
        buffer_(std::max(bytes_, std::size_t{65536})) {
    if (epoll_ < 0) fail("epoll_create1");
    for (const int fd : accept_clients(setting)) {
      connections_.push_back({fd, {}, 0});
      watch(connections_.size() - 1, EPOLL_CTL_ADD, EPOLLIN);
    }
  }
  void prepare(std::int64_t operations) override {
    left_ = operations * static_cast<std::int64_t>(connections_.size());
    ordered_ = left_;
  }
  std::int64_t run() override {
    std::array<epoll_event, 256> events;
    while (left_ > 0) {
      const int count = ::epoll_wait(epoll_, events.data(), events.size(), -1);
      if (count < 0 && errno != EINTR) fail("epoll_wait");
      for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        if ((event.events & EPOLLOUT) != 0) flush(event.data.u64);
        else receive(event.data.u64);
      }
    }
    return ordered_;
  }

 private:
  struct Connection {
    int fd;
    std::string unsent;
    std::size_t answered;  // bytes of the request that is not complete
  };
  void receive(std::size_t which) {
    Connection& connection = connections_[which];
    const ssize_t size = ::recv(connection.fd, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (size <= 0) fail("recv");
    const auto got = static_cast<std::size_t>(size);
    const ssize_t put = ::send(connection.fd, buffer_.data(), got, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (put < 0 && errno != EAGAIN) fail("send");
    const auto sent = static_cast<std::size_t>(std::max<ssize_t>(put, 0));
    if (sent < got) {
      connection.unsent.assign(buffer_.data() + sent, got - sent);
      watch(which, EPOLL_CTL_MOD, EPOLLOUT);
    }
    connection.answered += got;
    left_ -= static_cast<std::int64_t>(connection.answered / bytes_);
    connection.answered %= bytes_;
  }
  void flush(std::size_t which) {
    Connection& connection = connections_[which];
    std::string& rest = connection.unsent;
    const ssize_t sent =
        ::send(connection.fd, rest.data(), rest.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) fail("send");
    if (sent > 0) rest.erase(0, static_cast<std::size_t>(sent));
    if (rest.empty()) watch(which, EPOLL_CTL_MOD, EPOLLIN);
  }
  void watch(std::size_t which, int what, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = which;
    if (::epoll_ctl(epoll_, what, connections_[which].fd, &event) != 0) fail("epoll_ctl");
  }

  std::size_t bytes_;
  int epoll_;
  std::vector<char> buffer_;
  std::vector<Connection> connections_;
  std::int64_t left_ = 0, ordered_ = 0;
};

}  // namespace

int main(int count, char** words) {
  utsname system{};
  ::uname(&system);
  return serve(count, words, std::string("Linux ") + system.release,
               "A hand-written event loop on epoll",
               {offer<Sleep>("fanout_sleep", "wait"), offer<Sleep>("mixed", "cpu wait"),
                offer<Echo>("server_echo", "bytes rate arrivals")});
}
