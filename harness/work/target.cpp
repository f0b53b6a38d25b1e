#include "harness/work/target.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <stdexcept>

#include "harness/base/check.hpp"
#include "harness/work/descriptor.hpp"
#include "harness/work/setup.hpp"

namespace convoy {
namespace {

constexpr std::string_view kHttp = "http://";

[[noreturn]] void refuse(const std::string& text, const Workload& workload,
                         const std::string& why) {
  throw UsageError(fmt::format("--target {}={}: {}; write --target {}={}", workload.name, text, why,
                               workload.name,
                               workload.target.is_url ? "http://HOST:PORT/PAGE" : "HOST:PORT"));
}

bool is_port(const std::string& text) {
  return !text.empty() && text.size() <= 5 &&
         text.find_first_not_of("0123456789") == std::string::npos && std::stoi(text) >= 1 &&
         std::stoi(text) <= 65535;
}

// "host:port", "[host]:port", or for URLs "host" alone.
void split_authority(const std::string& text, const std::string& authority,
                     const Workload& workload, TargetAddress& to) {
  const bool bracketed = authority.starts_with('[');
  const std::size_t end = bracketed ? authority.find(']') : authority.find_last_of(':');
  if (bracketed && end == std::string::npos) refuse(text, workload, "a bracket is not closed");
  to.host = bracketed ? authority.substr(1, end - 1) : authority.substr(0, end);
  const std::size_t colon = bracketed ? end + 1 : end;
  if (colon < authority.size()) {
    if (authority[colon] != ':') refuse(text, workload, "a colon must follow the bracket");
    to.port = authority.substr(colon + 1);
  } else if (workload.target.is_url) {
    to.port = "80";
  }
  if (to.host.empty()) refuse(text, workload, "no host is named");
  if (authority.find('@') != std::string::npos)
    refuse(text, workload, "an address has no user and password");
  if (!bracketed && to.host.find(':') != std::string::npos)
    refuse(text, workload, "an address of IPv6 needs brackets, as in [::1]:8080");
  if (!is_port(to.port)) refuse(text, workload, "a port is a number from 1 to 65535");
}

nanoseconds left_until(nanoseconds deadline) { return std::max(deadline - now(), nanoseconds(0)); }

// False when the time has passed.
bool ready_in_time(int fd, short events, nanoseconds deadline) {
  pollfd watched{fd, events, 0};
  for (;;) {
    const timespec limit = to_timespec(left_until(deadline));
    const int ready = ::ppoll(&watched, 1, &limit, nullptr);
    if (ready > 0) return true;
    if (ready == 0) return false;
    if (errno != EINTR) throw_errno("ppoll");
  }
}

void set_blocking(int fd, bool blocks) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ::fcntl(fd, F_SETFL, blocks ? flags & ~O_NONBLOCK : flags | O_NONBLOCK) != 0)
    throw_errno("fcntl");
}

// 0 or an errno.
int connect_in_time(int fd, const addrinfo& to, nanoseconds deadline) {
  set_blocking(fd, false);
  if (::connect(fd, to.ai_addr, to.ai_addrlen) != 0) {
    if (errno != EINPROGRESS && errno != EINTR) return errno;
    if (!ready_in_time(fd, POLLOUT, deadline)) return ETIMEDOUT;
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
    if (error != 0) return error;
  }
  set_blocking(fd, true);
  return 0;
}

std::string call_of(const Setup& setup, const char* call) {
  return fmt::format("{} {}", call, setup.target());
}

}  // namespace

TargetAddress parse_target(const std::string& text, const Workload& workload) {
  TargetAddress address;
  std::string rest = text;
  if (text.starts_with("https://"))
    refuse(text, workload, "https is not measured, only what carries it");
  if (workload.target.is_url && text.starts_with(kHttp)) rest = text.substr(kHttp.size());
  if (rest.find("://") != std::string::npos) refuse(text, workload, "that is no address");
  for (const char letter : text)
    if (letter <= ' ' || letter == '\x7f')
      refuse(text, workload, "an address has no blanks and control characters");
  const std::size_t slash = rest.find('/');
  if (slash != std::string::npos && !workload.target.is_url)
    refuse(text, workload, "that is no address");
  address.path = slash == std::string::npos ? "/" : rest.substr(slash);
  split_authority(text, rest.substr(0, slash), workload, address);
  return address;
}

std::string TargetAddress::authority() const {
  std::string text = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != "80") text += ":" + port;
  return text;
}

std::string advice_on_target(const Setup& setup) {
  const Workload& workload = setup.workload();
  return fmt::format("is it the address of a {}? Type `{}`, and --target {}=ADDRESS",
                     workload.target.server, workload.target.start, workload.name);
}

UniqueFd connect_to_target(const Setup& setup, nanoseconds patience) {
  const TargetAddress address = parse_target(setup.target(), setup.workload());
  const nanoseconds deadline = now() + patience;
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int unknown = ::getaddrinfo(address.host.c_str(), address.port.c_str(), &wanted, &found);
  if (unknown != 0)
    throw std::runtime_error(fmt::format("{}: {} ({})", call_of(setup, "getaddrinfo"),
                                         ::gai_strerror(unknown), advice_on_target(setup)));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> all(found, &::freeaddrinfo);
  int error = 0;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    UniqueFd connection(::socket(each->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!connection) throw_errno("socket", "use fewer workers, or raise `ulimit -n`");
    error = connect_in_time(connection.get(), *each, deadline);
    if (error != 0) continue;
    const int on = 1;
    ::setsockopt(connection.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return connection;
  }
  throw_error_code(error, call_of(setup, "connect to").c_str(), advice_on_target(setup));
}

std::string ask_target(const Setup& setup, const UniqueFd& connection, std::string_view question,
                       nanoseconds patience) {
  const nanoseconds deadline = now() + patience;
  if (::send(connection.get(), question.data(), question.size(), MSG_NOSIGNAL) < 0)
    throw_errno(call_of(setup, "send to").c_str(), advice_on_target(setup));
  std::string answer(std::size_t{4} << 10, '\0');
  if (!ready_in_time(connection.get(), POLLIN, deadline))
    throw_error_code(ETIMEDOUT, call_of(setup, "recv from").c_str(), advice_on_target(setup));
  const ssize_t size = ::recv(connection.get(), answer.data(), answer.size(), 0);
  if (size < 0) throw_errno(call_of(setup, "recv from").c_str(), advice_on_target(setup));
  if (size == 0)
    throw_error_code(ECONNRESET, call_of(setup, "recv from").c_str(), advice_on_target(setup));
  answer.resize(static_cast<std::size_t>(size));
  return answer;
}

}  // namespace convoy
