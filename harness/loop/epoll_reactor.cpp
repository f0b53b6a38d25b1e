// The engine on epoll: each call is tried first, and waits for readiness only when it would block.
// lint: long because an engine is read as a whole
#include <fcntl.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "harness/base/check.hpp"
#include "harness/base/unique_fd.hpp"
#include "harness/gil/without_lock.hpp"
#include "harness/loop/descriptors.hpp"
#include "harness/loop/offload.hpp"
#include "harness/loop/reactor.hpp"

namespace convoy {
namespace {

using Kind = Operation::Kind;

// Who waits on one descriptor. Armed means registered for one event (EPOLLONESHOT); a descriptor
// that was closed and opened again is not registered any more, which the next epoll_ctl notices.
struct Waiting {
  OperationQueue readers, writers;
  std::uint32_t armed = 0;
  FileKind kind = FileKind::unknown;
  bool nonblocking = false;
  bool made_nonblocking = false;  // by the loop, so to be undone
  bool registered = false;
};

bool writes(const Operation& op) {
  return op.kind == Kind::write || op.kind == Kind::send || op.kind == Kind::connect;
}

ssize_t call(const Operation& op, FileKind kind) {
  const bool plain =
      kind == FileKind::socket && op.offset < 0;  // a socket behind read() or write()
  switch (op.kind) {
    case Kind::read:
      if (plain) return ::recv(op.fd, op.data, op.size, MSG_DONTWAIT);
      return op.offset < 0 ? ::read(op.fd, op.data, op.size)
                           : ::pread(op.fd, op.data, op.size, op.offset);
    case Kind::write:
      if (plain) return ::send(op.fd, op.data, op.size, MSG_DONTWAIT);
      return op.offset < 0 ? ::write(op.fd, op.data, op.size)
                           : ::pwrite(op.fd, op.data, op.size, op.offset);
    case Kind::receive: return ::recv(op.fd, op.data, op.size, MSG_DONTWAIT);
    case Kind::send: return ::send(op.fd, op.data, op.size, MSG_DONTWAIT | MSG_NOSIGNAL);
    case Kind::accept: return ::accept4(op.fd, nullptr, nullptr, SOCK_CLOEXEC);
    case Kind::connect:
      return ::connect(op.fd, static_cast<const sockaddr*>(op.data),
                       static_cast<socklen_t>(op.size));
    default: break;
  }
  errno = EINVAL;
  return -1;
}

// What became of a connect that was under way.
ssize_t connected(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return -1;
  errno = error;
  return error == 0 ? 0 : -1;
}

// True when that changed something.
bool set_nonblocking(int fd, bool on) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ((flags & O_NONBLOCK) != 0) == on) return false;
  return ::fcntl(fd, F_SETFL, flags ^ O_NONBLOCK) == 0;
}

class EpollReactor final : public Reactor {
 public:
  EpollReactor(Gil& gil, Seat& seat)
      : gil_(gil), seat_(seat), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (!epoll_) throw_errno("epoll_create1", "raise `ulimit -n`");
  }
  ~EpollReactor() override {
    take_back();
    // The flag belongs to the open file, which other processes and later crews may share.
    table_.for_each([](int fd, const Waiting& waiting) {
      if (waiting.made_nonblocking) set_nonblocking(fd, false);
    });
  }

  bool start(Operation& operation) override;
  nanoseconds poll(const Idle& wait, SuspensionQueue& done) override;
  void listen(int event) override;
  std::size_t pending() const override { return pending_; }
  void take_back() override;
  void forget(int fd) override { table_.forget(fd); }
  const char* name() const override { return "epoll"; }
  const char* file_io() const override { return files_used_ ? "offload thread" : "none used"; }

 private:
  enum class Attempt { done, not_yet };

  bool prepare(Operation& operation, Waiting& waiting);
  Attempt attempt(Operation& operation, FileKind kind, bool again);
  // Registers for what is waited for; 0 or an errno.
  int arm(int fd, Waiting& waiting, std::uint32_t events);
  void offload(Operation& operation);
  void wake(const epoll_event& event, SuspensionQueue& done);
  void retry(OperationQueue& queue, FileKind kind, SuspensionQueue& done);

  Gil& gil_;
  Seat& seat_;
  UniqueFd epoll_;
  DescriptorTable<Waiting> table_;
  std::unique_ptr<Offload> offload_;
  int mail_ = -1;  // what it listens to
  std::size_t pending_ = 0;
  bool files_used_ = false;
  std::array<epoll_event, 512> events_;
};

bool EpollReactor::start(Operation& operation) {
  operation.result = -EBADF;
  if (operation.fd < 0) return false;
  Waiting& waiting = table_[operation.fd];
  if (!prepare(operation, waiting)) return false;
  if (waiting.kind == FileKind::file || operation.kind == Kind::fsync) {
    files_used_ = true;
    offload(operation);
    return true;
  }
  OperationQueue& queue = writes(operation) ? waiting.writers : waiting.readers;
  if (queue.empty()) {
    if (attempt(operation, waiting.kind, false) == Attempt::done) return false;
    if (operation.kind == Kind::connect && operation.result == -EAGAIN) {
      // A local listener's backlog is full, of which no event tells; the thread can wait for room.
      set_nonblocking(operation.fd, false);
      waiting = Waiting{};
      offload(operation);
      return true;
    }
    const int error =
        arm(operation.fd, waiting, waiting.armed | (writes(operation) ? EPOLLOUT : EPOLLIN));
    if (error != 0) {
      operation.result = -error;
      return false;
    }
  }
  queue.push(operation);
  ++pending_;
  return true;
}

// Learns what the descriptor is, and makes it non-blocking where no flag of the call does; false
// for a bad one.
bool EpollReactor::prepare(Operation& operation, Waiting& waiting) {
  if (operation.kind == Kind::connect)
    waiting = Waiting{};  // a new socket, perhaps under an old number
  const bool by_flag = waiting.kind == FileKind::socket && operation.kind != Kind::accept;
  if (by_flag || waiting.kind == FileKind::file || waiting.nonblocking) return true;
  return without_lock(gil_, seat_, [&] {
    if (waiting.kind == FileKind::unknown) waiting.kind = kind_of_file(operation.fd);
    if (waiting.kind == FileKind::unknown) return false;
    const bool in_call = waiting.kind == FileKind::socket && operation.kind != Kind::accept &&
                         operation.kind != Kind::connect;
    if (waiting.kind != FileKind::file && !in_call) {
      waiting.made_nonblocking = set_nonblocking(operation.fd, true);
      waiting.nonblocking = true;
    }
    return true;
  });
}

EpollReactor::Attempt EpollReactor::attempt(Operation& operation, FileKind kind, bool again) {
  const bool connecting = operation.kind == Kind::connect;
  do {
    operation.result = without_lock(gil_, seat_, [&] {
      const ssize_t result = connecting && again ? connected(operation.fd) : call(operation, kind);
      return result < 0 ? -errno : result;
    });
  } while (operation.result == -EINTR && !connecting);
  if (operation.kind == Kind::accept && operation.result >= 0)
    table_.forget(static_cast<int>(operation.result));
  // A connect interrupted by a signal goes on by itself, as one under way does.
  const bool under_way = operation.result == -EINPROGRESS || operation.result == -EINTR;
  if (operation.result == -EAGAIN || (connecting && under_way)) return Attempt::not_yet;
  return Attempt::done;
}

int EpollReactor::arm(int fd, Waiting& waiting, std::uint32_t events) {
  if (events == waiting.armed) return 0;
  epoll_event event{};
  event.events = events | EPOLLONESHOT;
  event.data.fd = fd;
  const int error = without_lock(gil_, seat_, [&] {
    int status =
        ::epoll_ctl(epoll_.get(), waiting.registered ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
    if (status != 0 && errno == ENOENT)
      status = ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
    else if (status != 0 && errno == EEXIST)
      status = ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
    return status == 0 ? 0 : errno;
  });
  if (error != 0) return error;
  waiting.registered = true;
  waiting.armed = events;
  return 0;
}

void EpollReactor::offload(Operation& operation) {
  without_lock(gil_, seat_, [&] {
    if (!offload_) {
      auto made = std::make_unique<Offload>();
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.fd = made->event();
      if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, made->event(), &event) != 0)
        throw_errno("epoll_ctl", "raise fs.epoll.max_user_watches");
      offload_ = std::move(made);
    }
    offload_->submit(operation);
    ++pending_;
  });
}

void EpollReactor::listen(int event) {
  epoll_event wanted{};
  wanted.events = EPOLLIN;
  wanted.data.fd = mail_ = event;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, event, &wanted) != 0)
    throw_errno("epoll_ctl", "raise fs.epoll.max_user_watches");
}

nanoseconds EpollReactor::poll(const Idle& wait, SuspensionQueue& done) {
  const std::optional<nanoseconds> timeout = wait.timeout;
  const bool sleeps = !timeout || timeout->count() > 0;
  const timespec limit = to_timespec(timeout.value_or(nanoseconds(0)));
  nanoseconds idle{0};
  int count = 0;
  int error = 0;
  without_lock(gil_, seat_, [&] {
    const RecordedWait recorded(sleeps ? seat_.recorder : nullptr, wait.cause, wait.kind);
    const nanoseconds before = sleeps ? now() : nanoseconds(0);
    count = ::epoll_pwait2(epoll_.get(), events_.data(), static_cast<int>(events_.size()),
                           timeout ? &limit : nullptr, nullptr);
    error = errno;
    if (sleeps) idle = now() - before;
  });
  if (count < 0 && error != EINTR) throw_error_code(error, "epoll_pwait2", "use --engine io_uring");
  for (int i = 0; i < count; ++i) wake(events_[static_cast<std::size_t>(i)], done);
  return idle;
}

void EpollReactor::wake(const epoll_event& event, SuspensionQueue& done) {
  const int fd = event.data.fd;
  if (fd == mail_) {
    std::uint64_t count = 0;
    without_lock(gil_, seat_, [&] { return ::read(mail_, &count, sizeof count); });
    return;
  }
  if (offload_ && fd == offload_->event()) {
    OperationQueue ended = without_lock(gil_, seat_, [&] { return offload_->collect(); });
    while (Operation* const operation = ended.pop()) {
      --pending_;
      done.push(*operation);
    }
    return;
  }
  Waiting& waiting = table_[fd];
  waiting.armed = 0;
  constexpr std::uint32_t kBroken = EPOLLERR | EPOLLHUP;
  if ((event.events & (EPOLLIN | kBroken)) != 0) retry(waiting.readers, waiting.kind, done);
  if ((event.events & (EPOLLOUT | kBroken)) != 0) retry(waiting.writers, waiting.kind, done);
  const std::uint32_t wanted =
      (waiting.readers.empty() ? 0U : EPOLLIN) | (waiting.writers.empty() ? 0U : EPOLLOUT);
  const int error = wanted == 0 ? 0 : arm(fd, waiting, wanted);
  if (error == 0) return;
  waiting.readers.append(waiting.writers.take());
  while (Operation* const operation = waiting.readers.pop()) {
    --pending_;
    operation->result = -error;
    done.push(*operation);
  }
}

void EpollReactor::retry(OperationQueue& queue, FileKind kind, SuspensionQueue& done) {
  while (Operation* const operation = queue.front()) {
    if (attempt(*operation, kind, true) == Attempt::not_yet) return;
    queue.pop();
    --pending_;
    done.push(*operation);
  }
}

void EpollReactor::take_back() {
  table_.for_each([this](int fd, Waiting& waiting) {
    waiting.readers = {};
    waiting.writers = {};
    if (waiting.armed != 0) ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
    waiting.armed = 0;
    waiting.registered = false;
  });
  offload_.reset();
  pending_ = 0;
}

}  // namespace

std::unique_ptr<Reactor> make_epoll_reactor(Gil& gil, Seat& seat) {
  return std::make_unique<EpollReactor>(gil, seat);
}

}  // namespace convoy
