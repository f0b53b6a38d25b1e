#include "harness/peer/load.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "harness/base/check.hpp"

namespace convoy {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kBell = ~std::uint64_t{0};  // among the numbers of clients
// A server that hangs up has mostly failed, and says why before this has passed.
constexpr nanoseconds kPatience = 500ms;
constexpr std::size_t kNumber = sizeof(std::uint64_t);  // a message begins with its number

bool would_block() { return errno == EAGAIN || errno == EINTR; }

}  // namespace

LoadGenerator::LoadGenerator(const Endpoint& endpoint, const LoadPlan& plan)
    : plan_(plan),
      board_(*endpoint.address.board),
      server_(endpoint.address),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      arrivals_(plan.arrivals),
      clients_(static_cast<std::size_t>(plan.arrivals.clients)),
      buffer_(std::size_t{64} << 10, '\0') {
  if (!epoll_) throw_errno("epoll_create1", "raise `ulimit -n`");
  const auto size = static_cast<std::size_t>(plan.bytes);
  for (std::size_t i = 0; i < size + kPatterns; ++i)
    pattern_ += static_cast<char>('!' + i % kPatterns);
  message_.resize(size);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kBell;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, server_.bell, &event) != 0) throw_errno("epoll_ctl");
  for (int client = 0; client < plan.arrivals.clients; ++client) connect(client);
}

// Without waiting for the other side: the kernel takes it in until somebody accepts it.
void LoadGenerator::connect(int index) {
  Client& client = clients_[static_cast<std::size_t>(index)];
  const int type = server_.socket_type | SOCK_CLOEXEC | SOCK_NONBLOCK;
  client.socket = UniqueFd(::socket(server_.address.ss_family, type, 0));
  if (!client.socket) throw_errno("socket", "use fewer clients, or raise `ulimit -n`");
  const int on = 1;  // a request goes out when it is sent
  ::setsockopt(client.socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const auto* address = reinterpret_cast<const sockaddr*>(&server_.address);
  if (::connect(client.socket.get(), address, server_.size) != 0 && errno != EINPROGRESS)
    throw_errno("connect",
                "use fewer clients, or longer sessions; `ss -s` shows what holds the ports");
  client.last =
      plan_.session == 0 ? UINT64_MAX : client.to_check + static_cast<std::uint64_t>(plan_.session);
  client.watched = 0;
  watch(index, EPOLLIN);
}

void LoadGenerator::serve() {
  for (;;) {
    send_due();
    wait_for_events(true);
    if (hung_up_at_.count() > 0 && arrivals_.in_round() && now() - hung_up_at_ > kPatience)
      throw std::runtime_error(
          "the server hung up on a client in the middle of a round; see what else failed");
  }
}

// False when there were none.
bool LoadGenerator::wait_for_events(bool for_long) {
  std::array<epoll_event, 256> events;
  timespec limit{};
  bool limited = !for_long;
  if (for_long) {
    auto due = arrivals_.next_due();
    if (hung_up_at_.count() > 0 && arrivals_.in_round())
      due = std::min(due.value_or(nanoseconds::max()), hung_up_at_ + kPatience + 1ms);
    limited = due.has_value();
    if (due) limit = to_timespec(std::max(nanoseconds(0), *due - now()));
  }
  const int count = ::epoll_pwait2(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                   limited ? &limit : nullptr, nullptr);
  if (count < 0 && errno != EINTR) throw_errno("epoll_pwait2");
  bool rung = false;
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    if (event.data.u64 == kBell) rung = true;
    else handle(static_cast<int>(event.data.u64), event.events);
  }
  if (rung) heed_bell();
  return count > 0;
}

// A round has begun, or ended, or both.
void LoadGenerator::heed_bell() {
  std::uint64_t rings = 0;
  while (::read(server_.bell, &rings, sizeof rings) < 0 && errno == EINTR) continue;
  const std::uint32_t round = board_.round.load(std::memory_order_acquire);
  if (round == round_) return;
  const std::uint64_t quota = board_.quota.load(std::memory_order_relaxed);
  // Of several changes since the last look, the last one counts.
  round_ = round;
  const bool begins = round % 2 == 1;
  if (begins && arrivals_.in_round()) end_round();
  if (!arrivals_.in_round()) arrivals_.begin_round(now(), quota);
  if (begins) return;
  end_round();
  while (wait_for_events(false)) continue;  // the last answers are there already
  board_.latency = arrivals_.latency();
  board_.counted.store(round, std::memory_order_release);  // after the latency
  futex_wake_all(board_.counted);
}

// What is due and not begun will not be sent.
void LoadGenerator::end_round() {
  arrivals_.end_round();
  hung_up_at_ = nanoseconds(0);
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    Client& client = clients_[i];
    const std::size_t dropped = client.owed - (client.sent > 0 ? 1 : 0);
    arrivals_.drop(static_cast<int>(i), dropped);
    client.owed -= dropped;
  }
}

void LoadGenerator::handle(int index, std::uint32_t events) {
  // What was due when the events were told may have been sent, or hung up, since.
  if ((events & EPOLLOUT) != 0) send(index);
  if ((events & ~std::uint32_t{EPOLLOUT}) != 0) receive(index);
}

void LoadGenerator::send_due() {
  if (!arrivals_.in_round()) return;
  while (const auto client = arrivals_.take_due(now())) {
    ++clients_[static_cast<std::size_t>(*client)].owed;
    send(*client);
  }
}

void LoadGenerator::send(int index) {
  Client& client = clients_[static_cast<std::size_t>(index)];
  if (client.hung_up && hung_up_at_.count() == 0) hung_up_at_ = now();
  while (client.owed > 0 && client.to_send < client.last && !client.hung_up) {
    std::memcpy(message_.data(), pattern(index), message_.size());
    std::memcpy(message_.data(), &client.to_send, std::min(message_.size(), kNumber));
    const ssize_t size = ::send(client.socket.get(), message_.data() + client.sent,
                                message_.size() - client.sent, MSG_NOSIGNAL);
    if (size < 0) {
      if (!would_block()) return hang_up(index);
      return watch(index, EPOLLIN | EPOLLOUT);
    }
    client.sent += static_cast<std::size_t>(size);
    if (client.sent < message_.size()) continue;
    client.sent = 0;
    --client.owed;
    ++client.to_send;
  }
  watch(index, EPOLLIN);
}

void LoadGenerator::receive(int index) {
  Client& client = clients_[static_cast<std::size_t>(index)];
  if (client.hung_up) return;
  const ssize_t size = ::recv(client.socket.get(), buffer_.data(), buffer_.size(), 0);
  if (size > 0) return check(index, buffer_.data(), static_cast<std::size_t>(size));
  if (size == 0 || !would_block()) hang_up(index);
}

// By the server. Between rounds it ends.
void LoadGenerator::hang_up(int index) {
  Client& client = clients_[static_cast<std::size_t>(index)];
  client.hung_up = true;
  client.socket.reset();
  if (arrivals_.in_round() && hung_up_at_.count() == 0) hung_up_at_ = now();
}

void LoadGenerator::check(int index, const char* bytes, std::size_t size) {
  Client& client = clients_[static_cast<std::size_t>(index)];
  while (size > 0) {
    const std::size_t part = std::min(size, message_.size() - client.got);
    if (!is_right(client, index, bytes, part))
      throw std::runtime_error(
          "wrong answer: a client got something else than it had sent; this is a defect of the "
          "server");
    client.got += part;
    bytes += part;
    size -= part;
    if (client.got < message_.size()) return;
    client.got = 0;
    ++client.to_check;
    arrivals_.answered(index, now());
    if (client.to_check < client.last) continue;
    if (size > 0) throw std::runtime_error("wrong answer: a client got more than it had asked for");
    connect(index);
    if (client.owed > 0) send(index);
    return;
  }
}

// Whether those bytes continue the answer that comes next.
bool LoadGenerator::is_right(const Client& client, int index, const char* bytes,
                             std::size_t size) const {
  std::size_t at = client.got, done = 0;
  const std::size_t numbered = std::min(message_.size(), kNumber);
  if (at < numbered) {
    done = std::min(size, numbered - at);
    const char* number = reinterpret_cast<const char*>(&client.to_check);
    if (std::memcmp(bytes, number + at, done) != 0) return false;
    at += done;
  }
  return std::memcmp(bytes + done, pattern(index) + at, size - done) == 0;
}

void LoadGenerator::watch(int index, std::uint32_t events) {
  Client& client = clients_[static_cast<std::size_t>(index)];
  if (client.watched == events || client.hung_up) return;
  epoll_event event{};
  event.events = events;
  event.data.u64 = static_cast<std::uint64_t>(index);
  const int what = client.watched == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  if (::epoll_ctl(epoll_.get(), what, client.socket.get(), &event) != 0)
    throw_errno("epoll_ctl", "raise fs.epoll.max_user_watches");
  client.watched = events;
}

}  // namespace convoy
