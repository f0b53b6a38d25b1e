#include "harness/work/echo.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>
#include <tuple>

#include "harness/base/check.hpp"
#include "harness/work/workload.hpp"

namespace convoy {
namespace {

constexpr const char* kGone = "the workload's peer ended early: look at what it reported";

std::string message_of(int worker, std::size_t size) {
  std::string message(size, '\0');
  for (std::size_t i = 0; i < size; ++i)
    message[i] = static_cast<char>('!' + (i + static_cast<std::size_t>(worker)) % 94);
  return message;
}

void number(std::string& message, std::uint64_t operation) {
  std::memcpy(message.data(), &operation, std::min(message.size(), sizeof operation));
}

// A lost datagram would be waited for until the round's limit, so the peer must have room for all.
void check_room(const Setup& setup, int socket, std::int64_t bytes) {
  int room = 0;
  socklen_t size = sizeof room;
  if (::getsockopt(socket, SOL_SOCKET, SO_RCVBUF, &room, &size) != 0) throw_errno("getsockopt");
  const std::int64_t most = room / (2 * bytes + 1024);  // the kernel counts its own records, too
  if (setup.workers() <= most) return;
  throw std::runtime_error("this many datagrams at once may be lost: use at most " +
                           std::to_string(most) + " workers, or raise net.core.rmem_default");
}

}  // namespace

EchoChannel EchoChannel::open(const Setup& setup, int worker) {
  EchoChannel channel;
  const auto& pipes = setup.peer().pipes;
  if (pipes.empty()) {
    channel.socket_ = setup.connect_to_peer();
    if (setup.peer().socket_type == SOCK_DGRAM) {
      const Workload& workload = setup.workload();
      const std::size_t bytes = workload.parameter_index("bytes");
      check_room(setup, channel.socket_.get(), setup.arguments()[bytes]);
    }
    return channel;
  }
  const auto index = static_cast<std::size_t>(worker);
  CONVOY_CHECK(index < pipes.size(),
               "the peer was started with fewer pipes than there are workers");
  std::tie(channel.from_peer_, channel.to_peer_) = pipes[index];
  return channel;
}

Wait EchoChannel::send(Worker& worker, std::span<const char> bytes) const {
  return socket_ ? worker.send(socket_.get(), bytes) : worker.write(to_peer_, bytes);
}

Wait EchoChannel::receive(Worker& worker, std::span<char> bytes) const {
  return socket_ ? worker.recv(socket_.get(), bytes) : worker.read(from_peer_, bytes);
}

Task hold_conversation(Worker& worker, const Local<EchoChannel>& channel,
                       const Parameter<Bytes>& bytes) {
  const EchoChannel& peer = worker[channel];
  std::string message = message_of(worker.index(), static_cast<std::size_t>(worker[bytes].count));
  std::string answer(message.size(), '\0');
  for (std::uint64_t operation = 0; worker.next(); ++operation) {
    number(message, operation);
    for (std::size_t sent = 0; sent < message.size();) {
      const std::size_t count = co_await peer.send(worker, std::span(message).subspan(sent));
      sent += count;
    }
    for (std::size_t got = 0; got < answer.size();) {
      const std::size_t count = co_await peer.receive(worker, std::span(answer).subspan(got));
      if (count == 0) throw_error_code(ECONNRESET, "recv", kGone);
      got += count;
    }
    worker.keep(std::span<const char>(answer));
  }
}

}  // namespace convoy
