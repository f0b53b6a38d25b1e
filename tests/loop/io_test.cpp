#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstring>
#include <numeric>
#include <string>
#include <system_error>

#include "tests/descriptors.hpp"
#include "tests/loop/crew.hpp"
#include "tests/loopback.hpp"

namespace convoy {
namespace {

using test::Crew;
using test::Ends;

class LoopIo : public test::EveryEngine {};
INSTANTIATE_TEST_SUITE_P(Engines, LoopIo, testing::Values(Engine::epoll, Engine::io_uring),
                         [](const auto& one) {
                           return one.param == Engine::epoll ? "epoll" : "io_uring";
                         });

// Those that need 127.0.0.1.
class LoopInternet : public LoopIo {
 protected:
  void SetUp() override {
    LoopIo::SetUp();
    if (!IsSkipped()) test::require_loopback();
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, LoopInternet, testing::Values(Engine::epoll, Engine::io_uring),
                         [](const auto& one) {
                           return one.param == Engine::epoll ? "epoll" : "io_uring";
                         });

constexpr std::size_t kLarge = 1 << 20;  // more than a pipe or a socket holds

// Writes `size` bytes that count up; `send` or `write`.
Task pour(Worker& worker, int fd, std::size_t size, bool as_socket) {
  std::vector<char> bytes(size);
  std::iota(bytes.begin(), bytes.end(), '\0');
  std::size_t sent = 0;
  while (sent < size) {
    const std::span<const char> rest = std::span(bytes).subspan(sent);
    if (as_socket) {
      const std::size_t count = co_await worker.send(fd, rest);
      sent += count;
    } else {
      const std::size_t count = co_await worker.write(fd, rest);
      sent += count;
    }
  }
}

Task drink(Worker& worker, int fd, std::size_t size, bool as_socket, std::size_t& got) {
  std::vector<char> buffer(3000);
  while (got < size) {
    std::size_t count = 0;
    if (as_socket) {
      const std::size_t received = co_await worker.recv(fd, std::span(buffer));
      count = received;
    } else {
      const std::size_t received = co_await worker.read(fd, std::span(buffer));
      count = received;
    }
    for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(buffer[i], static_cast<char>(got + i));
    got += count;
    if (count == 0) co_return;
  }
}

Task connect_to(Worker& worker, int fd, sockaddr_storage address, socklen_t size) {
  co_await worker.connect(fd, reinterpret_cast<const sockaddr*>(&address), size);
}

Task accept_some(Worker& worker, int listener, int count, std::vector<UniqueFd>& accepted) {
  for (int i = 0; i < count; ++i) {
    const std::size_t fd = co_await worker.accept(listener);
    accepted.emplace_back(static_cast<int>(fd));
  }
}

// A bound socket, listening where that means something, and its address.
UniqueFd bind_to_loopback(int type, sockaddr_storage& address, socklen_t& size,
                          bool listens = true) {
  UniqueFd fd(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CONVOY_CHECK(::bind(fd.get(), reinterpret_cast<sockaddr*>(&any), sizeof any) == 0, "bind");
  if (type == SOCK_STREAM && listens) CONVOY_CHECK(::listen(fd.get(), 64) == 0, "listen");
  size = sizeof address;
  ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return fd;
}

TEST_P(LoopIo, PipeCarriesMoreThanItHolds) {
  Crew crew(GetParam());
  const Ends pipe = test::make_pipe();
  std::size_t got = 0;
  crew.tasks.push_back(drink(crew[0], pipe[0].get(), kLarge, false, got));
  crew.tasks.push_back(pour(crew[1], pipe[1].get(), kLarge, false));
  crew.run();
  EXPECT_EQ(got, kLarge);
}

TEST_P(LoopIo, SocketCarriesBothWaysAtOnce) {
  for (const bool as_socket : {true, false}) {
    Crew crew(GetParam());
    const Ends pair = test::make_pair();
    std::size_t there = 0, back = 0;
    crew.tasks.push_back(pour(crew[0], pair[0].get(), kLarge, as_socket));
    crew.tasks.push_back(pour(crew[1], pair[1].get(), kLarge, as_socket));
    crew.tasks.push_back(drink(crew[2], pair[0].get(), kLarge, as_socket, back));
    crew.tasks.push_back(drink(crew[3], pair[1].get(), kLarge, as_socket, there));
    crew.run();
    EXPECT_EQ(there, kLarge);
    EXPECT_EQ(back, kLarge);
    EXPECT_STREQ(crew.loop->file_io(), "none used");
  }
}

TEST_P(LoopInternet, TcpConnectsAndAccepts) {
  Crew crew(GetParam());
  sockaddr_storage address{};
  socklen_t size = 0;
  const UniqueFd listener = bind_to_loopback(SOCK_STREAM, address, size);
  std::vector<UniqueFd> clients, accepted;
  crew.tasks.push_back(accept_some(crew[0], listener.get(), 8, accepted));
  for (int i = 1; i <= 8; ++i) {
    clients.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    crew.tasks.push_back(connect_to(crew[i], clients.back().get(), address, size));
  }
  crew.run();
  EXPECT_EQ(accepted.size(), 8U);
  // What was accepted and what was connected works, too.
  std::size_t got = 0;
  crew.tasks.clear();
  std::vector<std::size_t> all(8);
  for (int i = 0; i < 8; ++i) {
    crew.tasks.push_back(drink(crew[2 * i], accepted[i].get(), 5000, true, all[i]));
    crew.tasks.push_back(pour(crew[2 * i + 1], clients[i].get(), 0, true));
  }
  for (UniqueFd& client : clients) client.reset();
  crew.run();
  EXPECT_EQ(got, 0U) << "closed before anything was sent";
}

TEST_P(LoopInternet, SeveralWorkersAcceptFromOneListener) {
  Crew crew(GetParam());
  sockaddr_storage address{};
  socklen_t size = 0;
  const UniqueFd listener = bind_to_loopback(SOCK_STREAM, address, size);
  std::vector<UniqueFd> clients, accepted;
  for (int i = 0; i < 4; ++i)
    crew.tasks.push_back(accept_some(crew[i], listener.get(), 2, accepted));
  for (int i = 4; i < 12; ++i) {
    clients.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    crew.tasks.push_back(connect_to(crew[i], clients.back().get(), address, size));
  }
  crew.run();
  EXPECT_EQ(accepted.size(), 8U);
}

TEST_P(LoopIo, LocalConnectWaitsForRoomInTheBacklog) {
  Crew crew(GetParam());
  sockaddr_storage address{};
  auto& local = reinterpret_cast<sockaddr_un&>(address);
  local.sun_family = AF_UNIX;
  const UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  // The kernel chooses an abstract name.
  ASSERT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr*>(&local), sizeof(sa_family_t)), 0);
  ASSERT_EQ(::listen(listener.get(), 0), 0);
  socklen_t size = sizeof address;
  ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size);
  std::vector<UniqueFd> clients, accepted;
  for (int i = 0; i < 6; ++i) {
    clients.emplace_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    crew.tasks.push_back(connect_to(crew[i], clients.back().get(), address, size));
  }
  crew.tasks.push_back(accept_some(crew[6], listener.get(), 6, accepted));
  crew.run();
  EXPECT_EQ(accepted.size(), 6U);
}

TEST_P(LoopInternet, UdpCarriesDatagrams) {
  Crew crew(GetParam());
  sockaddr_storage address{};
  socklen_t size = 0;
  const UniqueFd server = bind_to_loopback(SOCK_DGRAM, address, size);
  const UniqueFd client(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  std::size_t got = 0;
  crew.tasks.push_back(connect_to(crew[0], client.get(), address, size));
  crew.run();
  crew.tasks.clear();
  crew.tasks.push_back(drink(crew[0], server.get(), 700, true, got));
  crew.tasks.push_back(pour(crew[1], client.get(), 700, true));
  crew.run();
  EXPECT_EQ(got, 700U);
}

TEST_P(LoopInternet, RefusedConnectionFails) {
  Crew crew(GetParam());
  sockaddr_storage address{};
  socklen_t size = 0;
  // Bound, so that nobody else gets the number, and listening to nobody.
  const UniqueFd server = bind_to_loopback(SOCK_STREAM, address, size, false);
  const UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  crew.tasks.push_back(connect_to(crew[0], client.get(), address, size));
  EXPECT_THROW(crew.run(), std::system_error);
}

TEST_P(LoopIo, WaitsOnDescriptorsThatSomebodyMadeNonblocking) {
  Crew crew(GetParam());
  const Ends pipe = test::make_pipe();
  for (const UniqueFd& end : pipe) ::fcntl(end.get(), F_SETFL, O_NONBLOCK);
  std::size_t got = 0;
  crew.tasks.push_back(drink(crew[0], pipe[0].get(), kLarge, false, got));
  crew.tasks.push_back(pour(crew[1], pipe[1].get(), kLarge, false));
  crew.run();
  EXPECT_EQ(got, kLarge);
  crew.loop.reset();
  EXPECT_NE(::fcntl(pipe[0].get(), F_GETFL) & O_NONBLOCK, 0) << "and leaves them so";
}

TEST_P(LoopIo, NumbersMayBeUsedAgain) {
  Crew crew(GetParam());
  for (int i = 0; i < 3; ++i) {
    const Ends pair = test::make_pair();
    std::size_t got = 0;
    crew.tasks.clear();
    crew.tasks.push_back(drink(crew[0], pair[0].get(), 1000, true, got));
    crew.tasks.push_back(pour(crew[1], pair[1].get(), 1000, true));
    crew.run();
    EXPECT_EQ(got, 1000U);
  }
}

TEST_P(LoopIo, ManyPairsAtOnce) {
  if (const std::string refusal = test::descriptors_refusal(1100); !refusal.empty())
    GTEST_SKIP() << refusal;
  Crew crew(GetParam(), 1000);
  std::vector<Ends> pairs;
  std::vector<std::size_t> got(500);
  for (int i = 0; i < 500; ++i) {
    pairs.push_back(test::make_pair());
    crew.tasks.push_back(drink(crew[2 * i], pairs[i][0].get(), 6000, true, got[i]));
  }
  for (int i = 0; i < 500; ++i)
    crew.tasks.push_back(pour(crew[2 * i + 1], pairs[i][1].get(), 6000, true));
  crew.run();
  for (const std::size_t size : got) EXPECT_EQ(size, 6000U);
}

}  // namespace
}  // namespace convoy
