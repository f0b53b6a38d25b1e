// An echo over many connections, against coroutines of Asio.
#include <asio/awaitable.hpp>
#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/use_awaitable.hpp>
#include <exception>
#include <memory>
#include <vector>

#include "benchmarks/peers/echo.hpp"
#include "benchmarks/self/comparison.hpp"

namespace convoy::peers {
namespace {

using asio::ip::tcp;

asio::awaitable<void> converse(tcp::socket& socket, int requests, Histogram& latency) {
  Conversation talk(requests, latency);
  while (!talk.over()) {
    while (talk.unsent_size() > 0) {
      const std::size_t size = co_await socket.async_send(
          asio::buffer(talk.unsent(), talk.unsent_size()), asio::use_awaitable);
      talk.note_sent(size);
    }
    bool whole = false;
    while (!whole) {
      const std::size_t size = co_await socket.async_receive(
          asio::buffer(talk.room(), talk.room_size()), asio::use_awaitable);
      whole = talk.note_received(size);
    }
  }
}

template <int connections>
void asio_echo(benchmark::State& state) {
  const EchoCall call(connections);
  asio::io_context context(1);
  const auto latency = std::make_unique<Histogram>();
  std::vector<tcp::socket> sockets;
  for (int i = 0; i < connections; ++i) {
    sockets.emplace_back(context);
    // The socket closes it from now on.
    sockets.back().assign(tcp::v4(), ::dup(call.connect().get()));
  }
  time_echo(state, connections, [&](int requests) {
    std::exception_ptr failure;
    for (tcp::socket& socket : sockets)
      asio::co_spawn(context, converse(socket, requests, *latency),
                     [&](const std::exception_ptr& thrown) {
                       if (thrown) failure = thrown;
                     });
    context.restart();
    context.run();
    if (failure) std::rethrow_exception(failure);
  });
}

const self::ComparisonRegistration thousand{{"echo, 1000 connections / Asio",
                                             ours<Engine::automatic, 1000>, asio_echo<1000>,
                                             self::Bar::ratio_at_most, 0.95, 1}};
const self::ComparisonRegistration some{{"echo, 64 connections / Asio", ours<Engine::automatic, 64>,
                                         asio_echo<64>, self::Bar::ratio_at_most, 1.0, 1}};
const self::ComparisonRegistration thousand_by_epoll{{"echo by epoll, 1000 connections / Asio",
                                                      ours<Engine::epoll, 1000>, asio_echo<1000>,
                                                      self::Bar::ratio_at_most, 0.95, 1}};
const self::ComparisonRegistration some_by_epoll{{"echo by epoll, 64 connections / Asio",
                                                  ours<Engine::epoll, 64>, asio_echo<64>,
                                                  self::Bar::ratio_at_most, 1.0, 1}};

}  // namespace
}  // namespace convoy::peers
