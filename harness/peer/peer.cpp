#include "harness/peer/peer.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <stdexcept>

#include "harness/base/check.hpp"
#include "harness/base/interruption.hpp"
#include "harness/base/process.hpp"
#include "harness/peer/echo.hpp"

namespace convoy {
namespace {

using namespace std::chrono_literals;

// The first report: three lines and an end mark; a failure is any other text.
constexpr char kEndOfPlace = '\x1e';

void write_all(int fd, const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t size = ::write(fd, text.data() + at, text.size() - at);
    if (size < 0 && errno != EINTR) return;  // nobody listens any more
    if (size > 0) at += static_cast<std::size_t>(size);
  }
}

// The controller's handlers and masks are not the peer's: it dies of SIGTERM, and Ctrl-C is for the
// controller, which then ends the peer itself.
void reset_signals() {
  ::signal(SIGINT, SIG_IGN);
  ::signal(SIGPIPE, SIG_IGN);
  for (const int number : {SIGTERM, SIGHUP, SIGQUIT, SIGALRM, SIGCHLD}) ::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// Whatever else the controller has open is not held open by the peer; its output is the
// controller's alone.
void close_others(const Endpoint& endpoint, int report) {
  std::vector<int> kept{report};
  if (endpoint.socket) kept.push_back(endpoint.socket.get());
  if (endpoint.bell) kept.push_back(endpoint.bell.get());
  for (const auto& [requests, replies] : endpoint.served) {
    kept.push_back(requests.get());
    kept.push_back(replies.get());
  }
  std::sort(kept.begin(), kept.end());
  unsigned from = 3;
  for (const int fd : kept) {
    const auto number = static_cast<unsigned>(fd);
    if (number > from) ::close_range(from, number - 1, 0);
    from = std::max(from, number + 1);
  }
  ::close_range(from, ~0U, 0);
  const UniqueFd nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
  // A controller whose streams are closed has sockets of these numbers.
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO})
    if (nothing && !std::binary_search(kept.begin(), kept.end(), fd)) ::dup2(nothing.get(), fd);
}

void require_descriptors(const PeerPlan& plan) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  const int needed = plan.load ? plan.load->arrivals.clients : plan.workers;
  if (plan.transport == Transport::udp || static_cast<rlim_t>(needed) + 16 <= limit.rlim_cur)
    return;
  throw std::runtime_error(
      "the peer may open " + std::to_string(limit.rlim_cur) + " descriptors, too few for " +
      std::to_string(needed) +
      (plan.load ? " clients; use fewer clients" : " workers; use fewer workers") +
      ", or raise `ulimit -Hn`");
}

// What the forked child does; it never returns into the controller's code.
[[noreturn]] void live(Endpoint& endpoint, const PeerPlan& plan, pid_t parent, int report) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);  // it died before the line above
  ::prctl(PR_SET_TIMERSLACK, 1UL);  // answers are due to the nanosecond, not to the next 50 us
  static int told = -1;
  told = report;
  tell_failed_checks_to([](const std::string& what) { write_all(told, what); });
  try {
    reset_signals();
    close_others(endpoint, report);
    require_descriptors(plan);
    const Pinning pinning = plan.cpus ? bind_this_thread(*plan.cpus) : unpinned("not requested");
    const std::string place = std::string(pinning.pinned ? "pinned" : "free") + "\n" +
                              pinning.read_back.text() + "\n" + pinning.reason + kEndOfPlace;
    if (plan.load) {
      LoadGenerator generator(endpoint, *plan.load);
      write_all(report, place);
      generator.serve();
    }
    std::optional<HttpPage> page;
    if (plan.page) page.emplace(*plan.page);
    EchoServer server(endpoint, plan.delay, plan.stamps, page ? &*page : nullptr);
    write_all(report, place);
    server.serve();
  } catch (const std::exception& error) {
    write_all(report, error.what());
  }
  ::_exit(1);
}

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status))
    return "killed by signal " + std::to_string(WTERMSIG(status)) + " (" +
           ::strsignal(WTERMSIG(status)) + ")";
  return "ended with status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

Peer::Peer(const PeerPlan& plan)
    : endpoint_(plan.load ? open_server_endpoint() : open_endpoint(plan.transport, plan.workers)) {
  try {
    start(plan);
  } catch (...) {
    stop();
    throw;
  }
}

void Peer::start(const PeerPlan& plan) {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) throw_errno("pipe2", "raise `ulimit -n`");
  report_ = UniqueFd(fds[0]);
  UniqueFd told(fds[1]);
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) throw_errno("fork", "raise `ulimit -u`, or free memory");
  if (pid_ == 0) live(endpoint_, plan, parent, told.get());
  endpoint_.socket.reset();
  endpoint_.served.clear();
  told.reset();

  const std::string text = first_report(now() + plan.start_limit);
  const std::size_t first = text.find('\n');
  const std::size_t second = text.find('\n', first + 1);
  pinning_.pinned = text.substr(0, first) == "pinned";
  if (plan.cpus) pinning_.asked = *plan.cpus;
  pinning_.read_back = CpuSet::parse(text.substr(first + 1, second - first - 1));
  pinning_.reason = text.substr(second + 1);
}

// What the peer writes before it serves. An interruption ends the wait as the limit does.
std::string Peer::first_report(nanoseconds deadline) {
  std::string text;
  const InterruptionsHeld held;
  for (;;) {
    if (pending_interruption() != 0) throw std::runtime_error("the peer's start was interrupted");
    const nanoseconds left = deadline - now();
    if (left.count() <= 0)
      throw std::runtime_error(
          "the peer did not start within its limit; is the machine overloaded? Run again, or raise "
          "--round-limit");
    pollfd report{report_.get(), POLLIN, 0};
    const timespec limit = to_timespec(left);
    if (::ppoll(&report, 1, &limit, held.mask()) <= 0) continue;
    char letter = 0;  // no more at once: what follows the mark is for rest_of_report
    const ssize_t size = ::read(report_.get(), &letter, 1);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0)
      throw std::runtime_error("the peer did not start: " + (text.empty() ? stop() : text));
    if (letter == kEndOfPlace) return text;
    text += letter;
  }
}

bool Peer::alive() const {
  if (pid_ < 0) return false;
  siginfo_t ended{};
  return ::waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         ended.si_pid == 0;
}

Histogram Peer::latency_of_round(nanoseconds limit) const {
  CONVOY_CHECK(endpoint_.address.board != nullptr, "a peer that generates no load has no clients");
  const LoadBoard& board = *endpoint_.address.board;
  const std::uint32_t round = board.round.load(std::memory_order_acquire);
  const nanoseconds deadline = now() + limit;
  for (;;) {
    const std::uint32_t counted = board.counted.load(std::memory_order_acquire);
    if (counted == round) return board.latency;
    if (!futex_wait(board.counted, counted, deadline) || !alive())
      throw std::runtime_error("the load generator did not count its round");
  }
}

std::string Peer::stop() {
  if (pid_ < 0) return failure_;
  const bool by_itself = !alive();
  if (!by_itself) {
    send_signal(pid_, SIGTERM);
    if (!dies_within(200ms)) send_signal(pid_, SIGKILL);
  }
  const std::optional<int> ended = reap_within(pid_, kKillPatience);
  const int status = ended.value_or(0);
  const bool as_asked = !by_itself && WIFSIGNALED(status) &&
                        (WTERMSIG(status) == SIGTERM || WTERMSIG(status) == SIGKILL);
  if (!ended) {
    failure_ = "the peer, process " + std::to_string(pid_) +
               ", did not end when it was killed: one of its kernel calls hangs; see `dmesg`";
  } else if (!as_asked) {
    // Its own words say what to do next.
    const std::string words = rest_of_report();
    failure_ =
        "the peer " + how_it_ended(status) +
        (words.empty() ? "; run again, and look at `dmesg` if it happens again" : ": " + words);
  }
  pid_ = -1;
  report_.reset();
  endpoint_ = Endpoint{};
  return failure_;
}

// The report ends when the peer does: nobody else holds its writing end.
bool Peer::dies_within(nanoseconds patience) const {
  const nanoseconds until = now() + patience;
  pollfd end{report_.get(), POLLIN, 0};
  for (nanoseconds left = patience; left.count() > 0; left = until - now()) {
    const timespec limit = to_timespec(left);
    if (::ppoll(&end, 1, &limit, nullptr) > 0 && (end.revents & POLLHUP) != 0) return true;
  }
  return false;
}

std::string Peer::rest_of_report() const {
  std::string text;
  char buffer[256];
  ssize_t size = 0;
  while ((size = ::read(report_.get(), buffer, sizeof buffer)) > 0)
    text.append(buffer, static_cast<std::size_t>(size));
  return text;
}

}  // namespace convoy
