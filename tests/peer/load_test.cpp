// The load generator against servers of the tests' own.
#include "harness/work/load.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness/peer/peer.hpp"
#include "tests/loopback.hpp"

namespace convoy {
namespace {

using namespace std::chrono_literals;

PeerPlan load_of(int clients, std::int64_t session = 0, std::int64_t rate = 0) {
  PeerPlan plan;
  plan.load = LoadPlan{.arrivals = {.clients = clients, .rate = rate, .poisson = false},
                       .bytes = 16,
                       .session = session};
  return plan;
}

// The crew's side: a server on this thread, one connection at a time.
class Server {
 public:
  explicit Server(const Peer& peer) : address_(peer.address()) {}

  void ring() const {
    const std::uint64_t one = 1;
    ASSERT_EQ(::write(address_.bell, &one, sizeof one), static_cast<ssize_t>(sizeof one));
  }
  void begin_round(std::uint64_t quota = 0) const {
    ASSERT_TRUE(address_.board->arrive(quota));
    ring();
  }
  void end_round() const {
    ASSERT_TRUE(address_.board->finish(1));
    ring();
  }
  UniqueFd accept() const {
    return UniqueFd(::accept4(address_.listener, nullptr, nullptr, SOCK_CLOEXEC));
  }
  // The next request of a connection; empty once the client has hung up.
  static std::string request(const UniqueFd& connection) {
    std::string text(16, '\0');
    const ssize_t size = ::recv(connection.get(), text.data(), text.size(), MSG_WAITALL);
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    return text;
  }
  static void answer(const UniqueFd& connection, const std::string& text) {
    ASSERT_EQ(::send(connection.get(), text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }

 private:
  PeerAddress address_;
};

// Until it has ended by itself.
std::string end_of(Peer& peer) {
  const nanoseconds limit = now() + 20s;
  while (peer.alive() && now() < limit) ::poll(nullptr, 0, 1);
  return peer.stop();
}

TEST(LoadGenerator, CountsWhatItsClientsWaitedForInARound) {
  test::require_loopback();
  Peer peer(load_of(2));
  const Server server(peer);
  const UniqueFd one = server.accept(), other = server.accept();
  for (int round = 0; round < 2; ++round) {
    server.begin_round();
    for (int i = 0; i < 10; ++i)
      for (const UniqueFd* each : {&one, &other}) Server::answer(*each, Server::request(*each));
    server.end_round();
    // In the second round, the first answer of each is to a request of the first one.
    const Histogram seen = peer.latency_of_round(10s);
    EXPECT_GE(seen.count(), round == 0 ? 20U : 18U);
    EXPECT_LE(seen.count(), 20U);
    EXPECT_GT(seen.largest(), 0);
  }
  EXPECT_EQ(peer.stop(), "");
}

TEST(LoadGenerator, MakesNoMoreRequestsThanItsQuota) {
  test::require_loopback();
  for (const std::int64_t rate : {0, 1'000'000}) {
    Peer peer(load_of(1, 0, rate));
    const Server server(peer);
    const UniqueFd connection = server.accept();
    for (int round = 0; round < 2; ++round) {
      server.begin_round(5);
      for (int i = 0; i < 5; ++i) Server::answer(connection, Server::request(connection));
      server.end_round();
      EXPECT_EQ(peer.latency_of_round(10s).count(), 5U);
      char more = 0;
      EXPECT_EQ(::recv(connection.get(), &more, 1, MSG_DONTWAIT), -1);
    }
    EXPECT_EQ(peer.stop(), "");
  }
}

TEST(LoadGenerator, ConnectsAnewAfterASession) {
  test::require_loopback();
  Peer peer(load_of(1, 3));
  const Server server(peer);
  server.begin_round();
  for (int session = 0; session < 3; ++session) {
    const UniqueFd connection = server.accept();
    for (int i = 0; i < 3; ++i) Server::answer(connection, Server::request(connection));
    EXPECT_EQ(Server::request(connection), "");
  }
  server.end_round();
  EXPECT_EQ(peer.latency_of_round(10s).count(), 9U);
  EXPECT_EQ(peer.stop(), "");
}

TEST(LoadGenerator, SendsByTheClockBeforeAnswersAreThere) {
  test::require_loopback();
  Peer peer(load_of(1, 0, 100'000));
  const Server server(peer);
  const UniqueFd connection = server.accept();
  server.begin_round();
  std::vector<std::string> requests;
  for (int i = 0; i < 50; ++i) requests.push_back(Server::request(connection));
  for (const std::string& request : requests) Server::answer(connection, request);
  server.end_round();
  EXPECT_GE(peer.latency_of_round(10s).count(), 50U);
  EXPECT_EQ(peer.stop(), "");
}

TEST(LoadGenerator, EndsWithItsReasonAtAWrongAnswer) {
  test::require_loopback();
  Peer peer(load_of(1));
  const Server server(peer);
  const UniqueFd connection = server.accept();
  server.begin_round();
  Server::request(connection);
  Server::answer(connection, std::string(16, 'x'));
  EXPECT_NE(end_of(peer).find("wrong answer"), std::string::npos);
}

TEST(LoadGenerator, EndsWithItsReasonWhenTheServerHangsUpInARound) {
  test::require_loopback();
  Peer peer(load_of(1));
  const Server server(peer);
  UniqueFd connection = server.accept();
  server.begin_round();
  connection.reset();
  EXPECT_NE(end_of(peer).find("hung up"), std::string::npos);
}

TEST(LoadGenerator, IsQuietWhenTheServerHangsUpBetweenRounds) {
  test::require_loopback();
  Peer peer(load_of(1));
  const Server server(peer);
  UniqueFd connection = server.accept();
  server.begin_round();
  Server::answer(connection, Server::request(connection));
  server.end_round();
  peer.latency_of_round(10s);
  connection.reset();
  server.begin_round();
  server.end_round();
  EXPECT_EQ(peer.latency_of_round(10s).count(), 0U);
  EXPECT_EQ(peer.stop(), "");
}

TEST(LoadGenerator, SaysWhenThereAreTooFewDescriptors) {
  test::require_loopback();
  PeerPlan plan = load_of(100'000'000);
  try {
    const Peer peer(plan);
    FAIL() << "it started";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("use fewer clients"), std::string::npos);
  }
}

TEST(LoadBoard, TheFirstWorkerBeginsARoundAndTheLastEndsIt) {
  LoadBoard board;
  for (std::uint32_t round = 1; round < 6; round += 2) {
    EXPECT_TRUE(board.arrive(7));
    EXPECT_FALSE(board.finish(3));  // one after another, as under `single`
    EXPECT_FALSE(board.arrive(7));
    EXPECT_EQ(board.round, round);
    EXPECT_FALSE(board.arrive(7));
    EXPECT_FALSE(board.finish(3));
    EXPECT_TRUE(board.finish(3));
    EXPECT_EQ(board.round, round + 1);
  }
}

}  // namespace
}  // namespace convoy
