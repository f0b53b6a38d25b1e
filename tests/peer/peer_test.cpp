// The peer process.
// lint: long because all that one class promises stands together.
#include "harness/peer/peer.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <numeric>
#include <stdexcept>
#include <thread>

#include "harness/base/check.hpp"
#include "tests/descriptors.hpp"
#include "tests/loopback.hpp"

namespace convoy {
namespace {

using namespace std::chrono_literals;

UniqueFd connect_to(const Peer& peer) {
  const PeerAddress& address = peer.address();
  const auto* generic = reinterpret_cast<const sockaddr*>(&address.address);
  UniqueFd fd(::socket(generic->sa_family, address.socket_type | SOCK_CLOEXEC, 0));
  if (!fd) throw_errno("socket");
  if (::connect(fd.get(), generic, address.size) != 0) throw_errno("connect");
  return fd;
}

void send_all(int fd, const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t size = ::write(fd, text.data() + at, text.size() - at);
    ASSERT_GT(size, 0);
    at += static_cast<std::size_t>(size);
  }
}

std::string receive(int fd, std::size_t size) {
  std::string text(size, '\0');
  std::size_t got = 0;
  while (got < size) {
    const ssize_t count = ::read(fd, text.data() + got, size - got);
    if (count <= 0) break;
    got += static_cast<std::size_t>(count);
  }
  text.resize(got);
  return text;
}

std::string counting_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  std::iota(bytes.begin(), bytes.end(), '\0');
  return bytes;
}

std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
    ++count;
  return count;
}

const char* name_of(Transport transport) {
  switch (transport) {
    case Transport::tcp: return "tcp";
    case Transport::udp: return "udp";
    case Transport::unix_stream: return "unix_stream";
    default: return "pipe";
  }
}

PeerPlan plan_of(Transport transport, nanoseconds delay = 0ns, int workers = 1) {
  PeerPlan plan;
  plan.transport = transport;
  plan.delay = delay;
  plan.workers = workers;
  return plan;
}

// Needs 127.0.0.1.
class PeerTest : public testing::Test {
 protected:
  void SetUp() override { test::require_loopback(); }
};

class PeerTransport : public testing::TestWithParam<Transport> {
 protected:
  void SetUp() override { test::require_loopback(GetParam()); }
};
INSTANTIATE_TEST_SUITE_P(Peers, PeerTransport,
                         testing::Values(Transport::tcp, Transport::udp, Transport::unix_stream,
                                         Transport::pipe),
                         [](const auto& one) { return name_of(one.param); });

TEST_P(PeerTransport, EchoesAtOnceAndAfterADelay) {
  for (const nanoseconds delay : {nanoseconds(0), nanoseconds(2ms)}) {
    Peer peer(plan_of(GetParam(), delay));
    UniqueFd socket;
    std::pair<int, int> ends;
    if (GetParam() == Transport::pipe) {
      ends = peer.address().pipes.at(0);
    } else {
      socket = connect_to(peer);
      ends = {socket.get(), socket.get()};
    }
    for (const std::string text : {"one", "another"}) {
      const nanoseconds before = now();
      send_all(ends.second, text);
      EXPECT_EQ(receive(ends.first, text.size()), text);
      EXPECT_GE(now() - before, delay);
    }
    EXPECT_TRUE(peer.alive());
    EXPECT_EQ(peer.stop(), "");
    EXPECT_FALSE(peer.alive());
  }
}

TEST_P(PeerTransport, StampsItsAnswersWithTheInstantOfTheirSending) {
  for (const nanoseconds delay : {nanoseconds(0), nanoseconds(2ms)}) {
    PeerPlan plan = plan_of(GetParam(), delay);
    plan.stamps = true;
    Peer peer(plan);
    UniqueFd socket;
    std::pair<int, int> ends;
    if (GetParam() == Transport::pipe) {
      ends = peer.address().pipes.at(0);
    } else {
      socket = connect_to(peer);
      ends = {socket.get(), socket.get()};
    }
    const nanoseconds before = now();
    send_all(ends.second, "01234567 and more");
    const std::string answer = receive(ends.first, 17);
    std::int64_t sent = 0;
    std::memcpy(&sent, answer.data(), sizeof sent);
    EXPECT_GE(sent, (before + delay).count());
    EXPECT_LE(sent, now().count());
    EXPECT_EQ(answer.substr(8), " and more");
  }
}

TEST_P(PeerTransport, LeavesNothingBehind) {
  const std::size_t before = open_descriptors();
  pid_t pid = 0;
  {
    Peer peer(plan_of(GetParam(), 0ns, 4));
    pid = peer.pid();
  }
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_EQ(::waitpid(pid, nullptr, WNOHANG), -1) << "it was not reaped";
  EXPECT_EQ(errno, ECHILD);
}

TEST_F(PeerTest, DelaysOverlap) {
  Peer peer(plan_of(Transport::tcp, 5ms));
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 200; ++i) clients.push_back(connect_to(peer));
  for (std::size_t i = 0; i < clients.size(); ++i)
    send_all(clients[i].get(), std::to_string(1000 + i));
  for (std::size_t i = 0; i < clients.size(); ++i)
    EXPECT_EQ(receive(clients[i].get(), 4), std::to_string(1000 + i));
}

TEST_F(PeerTest, AnswersDatagramsInOrderToWhomTheyCameFrom) {
  // Sent from several CPUs, datagrams overtake each other.
  const CpuSet one{current_affinity().first()};
  PeerPlan plan = plan_of(Transport::udp, 1ms);
  plan.cpus = one;
  Peer peer(plan);
  const UniqueFd a = connect_to(peer);
  const UniqueFd b = connect_to(peer);
  std::jthread([&] {
    bind_this_thread(one);
    for (const char* text : {"1", "2", "3"}) {
      send_all(a.get(), std::string("a") + text);
      send_all(b.get(), std::string("b") + text);
    }
  }).join();
  for (const char* text : {"1", "2", "3"}) {
    EXPECT_EQ(receive(a.get(), 2), std::string("a") + text);
    EXPECT_EQ(receive(b.get(), 2), std::string("b") + text);
  }
}

TEST_F(PeerTest, ServesAThousandConnections) {
  if (const std::string refusal = test::descriptors_refusal(1100); !refusal.empty())
    GTEST_SKIP() << refusal;
  Peer peer(plan_of(Transport::tcp, 0ns, 1000));
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 1000; ++i) clients.push_back(connect_to(peer));
  for (const UniqueFd& client : clients) send_all(client.get(), "hello");
  for (const UniqueFd& client : clients) EXPECT_EQ(receive(client.get(), 5), "hello");
  clients.clear();
  const UniqueFd again = connect_to(peer);
  send_all(again.get(), "again");
  EXPECT_EQ(receive(again.get(), 5), "again");
}

TEST_F(PeerTest, KeepsWhatTheClientDoesNotReadYet) {
  for (const Transport transport : {Transport::tcp, Transport::unix_stream}) {
    for (const nanoseconds delay : {nanoseconds(0), nanoseconds(1ms)}) {
      Peer peer(plan_of(transport, delay));
      const UniqueFd client = connect_to(peer);
      const std::string bytes = counting_bytes(6 << 20);  // more than both directions' buffers hold
      send_all(client.get(), bytes);
      ::shutdown(client.get(), SHUT_WR);
      EXPECT_TRUE(receive(client.get(), bytes.size()) == bytes);
      EXPECT_EQ(receive(client.get(), 1), "") << "it closes once all is said";
      EXPECT_TRUE(peer.alive());
    }
  }
}

TEST_F(PeerTest, OutlivesClientsThatGoAwayEarly) {
  Peer peer(plan_of(Transport::tcp, 1ms));
  for (int i = 0; i < 20; ++i) {
    const UniqueFd client = connect_to(peer);
    send_all(client.get(), "never mind");
  }
  const UniqueFd client = connect_to(peer);
  send_all(client.get(), "still there?");
  EXPECT_EQ(receive(client.get(), 12), "still there?");
  EXPECT_EQ(peer.stop(), "");
}

TEST_F(PeerTest, GivesEachWorkerItsOwnPipes) {
  Peer peer(plan_of(Transport::pipe, 0ns, 3));
  const auto& pipes = peer.address().pipes;
  ASSERT_EQ(pipes.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) send_all(pipes[i].second, std::to_string(i));
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(receive(pipes[i].first, 1), std::to_string(i));
    EXPECT_EQ(::fcntl(pipes[i].first, F_GETFL) & O_NONBLOCK, 0) << "the worker's ends block";
  }
}

TEST_F(PeerTest, SaysWhereItIs) {
  const CpuSet here{current_affinity().first()};
  PeerPlan plan = plan_of(Transport::tcp);
  plan.cpus = here;
  const Peer placed(plan);
  EXPECT_TRUE(placed.pinning().pinned);
  EXPECT_EQ(placed.pinning().read_back, here);
  plan.cpus.reset();
  const Peer anywhere(plan);
  EXPECT_FALSE(anywhere.pinning().pinned);
  EXPECT_EQ(anywhere.pinning().read_back, current_affinity());
}

// Moves stdin and stdout away, so that whatever is opened next gets their numbers.
class StreamsClosed {
 public:
  StreamsClosed() {
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO}) {
      kept_[fd] = ::fcntl(fd, F_DUPFD_CLOEXEC, 100);
      ::close(fd);
    }
  }
  ~StreamsClosed() {
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO}) {
      ::dup2(kept_[fd], fd);
      ::close(kept_[fd]);
    }
  }

 private:
  int kept_[2];
};

TEST_P(PeerTransport, AnswersWhereItsSocketsHaveTheNumbersOfStreams) {
  const StreamsClosed closed;
  Peer peer(plan_of(GetParam()));
  if (GetParam() == Transport::pipe) {
    const auto& [replies, requests] = peer.address().pipes.front();
    send_all(requests, "x");
    EXPECT_EQ(receive(replies, 1), "x");
  } else {
    const UniqueFd client = connect_to(peer);
    send_all(client.get(), "x");
    EXPECT_EQ(receive(client.get(), 1), "x");
  }
  EXPECT_EQ(peer.stop(), "");
}

TEST_F(PeerTest, ToldWhenItDies) {
  Peer peer(plan_of(Transport::tcp));
  ASSERT_EQ(::kill(peer.pid(), SIGKILL), 0);
  siginfo_t ended{};
  ::waitid(P_PID, static_cast<id_t>(peer.pid()), &ended, WEXITED | WNOWAIT);
  EXPECT_FALSE(peer.alive());
  EXPECT_NE(peer.stop().find("signal 9"), std::string::npos) << peer.stop();
}

TEST_F(PeerTest, TellsWhichOfItsChecksFailed) {
  // The peer inherits the handler, and waits in the kernel when it is called.
  auto* const before = std::signal(SIGUSR1, [](int) { CONVOY_CHECK(false, "broken for a test"); });
  Peer peer(plan_of(Transport::tcp));
  std::signal(SIGUSR1, before);
  ASSERT_EQ(::kill(peer.pid(), SIGUSR1), 0);
  siginfo_t ended{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(peer.pid()), &ended, WEXITED | WNOWAIT), 0);
  EXPECT_EQ(ended.si_code, CLD_EXITED);
  EXPECT_EQ(ended.si_status, static_cast<int>(ExitCode::internal));
  const std::string told = peer.stop();
  EXPECT_EQ(told.rfind("the peer ended with status 70: internal check failed: broken for a test"),
            0U)
      << told;
  EXPECT_TRUE(told.ends_with(kReportThis)) << told;
}

TEST_F(PeerTest, EndsEvenWhenStopped) {
  Peer peer(plan_of(Transport::tcp));
  ASSERT_EQ(::kill(peer.pid(), SIGSTOP), 0);
  siginfo_t stopped{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(peer.pid()), &stopped, WSTOPPED), 0);
  EXPECT_EQ(peer.stop(), "");
}

TEST_F(PeerTest, RefusesMoreWorkersThanDescriptors) {
  // In a child, since a lowered hard limit cannot be raised again.
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit few{64, 64};
    ::setrlimit(RLIMIT_NOFILE, &few);
    int status = 1;
    try {
      const Peer peer(plan_of(Transport::tcp, 0ns, 1000));
    } catch (const std::runtime_error& error) {
      status = std::string(error.what()).find("ulimit") == std::string::npos ? 2 : 0;
    }
    ::_exit(status);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST_F(PeerTest, DiesWithItsController) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);  // so that the orphan comes to us
  int told[2];
  ASSERT_EQ(::pipe2(told, O_CLOEXEC), 0);
  const UniqueFd in(told[0]);
  UniqueFd out(told[1]);
  const pid_t controller = ::fork();
  if (controller == 0) {
    const Peer peer(plan_of(Transport::tcp));
    const pid_t pid = peer.pid();
    if (::write(out.get(), &pid, sizeof pid) != sizeof pid) ::_exit(1);
    ::_exit(0);  // without ending the peer
  }
  out.reset();
  pid_t peer = 0;
  ASSERT_EQ(::read(in.get(), &peer, sizeof peer), static_cast<ssize_t>(sizeof peer));
  int status = 0;
  ASSERT_EQ(::waitpid(controller, &status, 0), controller);
  ASSERT_EQ(::waitpid(peer, &status, 0), peer);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  ::prctl(PR_SET_CHILD_SUBREAPER, 0);
}

}  // namespace
}  // namespace convoy
