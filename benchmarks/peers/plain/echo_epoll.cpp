// An echo over many connections, against an epoll loop written by hand for just this job.
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <memory>
#include <vector>

#include "benchmarks/peers/echo.hpp"
#include "benchmarks/self/comparison.hpp"
#include "harness/base/check.hpp"

namespace convoy::peers {
namespace {

// Level-triggered, which is as quick here as edge-triggered: who is told reads once.
class PlainClients {
 public:
  PlainClients(const EchoCall& call, int connections) : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    sockets_.reserve(static_cast<std::size_t>(connections));
    for (int i = 0; i < connections; ++i) {
      sockets_.push_back(call.connect());
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.u32 = static_cast<std::uint32_t>(i);
      if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, sockets_.back().get(), &event) != 0)
        throw_errno("epoll_ctl");
    }
  }

  void run(int requests) {
    conversations_.assign(sockets_.size(), Conversation(requests, *latency_));
    talking_ = sockets_.size();
    for (std::size_t i = 0; i < sockets_.size(); ++i) send(i);
    std::array<epoll_event, 256> events;
    while (talking_ > 0) {
      const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), -1);
      if (count < 0 && errno != EINTR) throw_errno("epoll_wait");
      for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        if ((event.events & EPOLLOUT) != 0) send(event.data.u32);
        if ((event.events & EPOLLIN) != 0) receive(event.data.u32);
      }
    }
  }

 private:
  void send(std::size_t i) {
    Conversation& talk = conversations_[i];
    const ssize_t size = ::send(sockets_[i].get(), talk.unsent(), talk.unsent_size(), MSG_NOSIGNAL);
    if (size < 0 && errno != EAGAIN) throw_errno("send");
    if (size > 0) talk.note_sent(static_cast<std::size_t>(size));
    if (talk.unsent_size() > 0 || waiting_to_send_) watch(i, talk.unsent_size() > 0);
  }
  void receive(std::size_t i) {
    Conversation& talk = conversations_[i];
    const ssize_t size = ::recv(sockets_[i].get(), talk.room(), talk.room_size(), 0);
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) throw_errno("recv");
    if (!talk.note_received(static_cast<std::size_t>(size))) return;
    if (talk.over()) --talking_;
    else send(i);
  }
  // Sockets hold more than a message, so this is for the odd case.
  void watch(std::size_t i, bool to_send) {
    epoll_event event{};
    event.events = to_send ? EPOLLIN | EPOLLOUT : EPOLLIN;
    event.data.u32 = static_cast<std::uint32_t>(i);
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, sockets_[i].get(), &event) != 0)
      throw_errno("epoll_ctl");
    waiting_to_send_ = true;
  }

  UniqueFd epoll_;
  std::vector<UniqueFd> sockets_;
  std::vector<Conversation> conversations_;
  std::unique_ptr<Histogram> latency_ = std::make_unique<Histogram>();
  std::size_t talking_ = 0;
  bool waiting_to_send_ = false;  // somebody had to, once
};

template <int connections>
void plain(benchmark::State& state) {
  const EchoCall call(connections);
  PlainClients clients(call, connections);
  time_echo(state, connections, [&](int requests) { clients.run(requests); });
}

const self::ComparisonRegistration thousand{{"echo, 1000 connections / plain epoll",
                                             ours<Engine::automatic, 1000>, plain<1000>,
                                             self::Bar::ratio_at_most, 1.03, 1}};
const self::ComparisonRegistration some{{"echo, 64 connections / plain epoll",
                                         ours<Engine::automatic, 64>, plain<64>,
                                         self::Bar::ratio_at_most, 1.05, 1}};
const self::ComparisonRegistration thousand_by_epoll{
    {"echo by epoll, 1000 connections / plain epoll", ours<Engine::epoll, 1000>, plain<1000>,
     self::Bar::ratio_at_most, 1.03, 1}};
const self::ComparisonRegistration some_by_epoll{{"echo by epoll, 64 connections / plain epoll",
                                                  ours<Engine::epoll, 64>, plain<64>,
                                                  self::Bar::ratio_at_most, 1.05, 1}};

}  // namespace
}  // namespace convoy::peers
