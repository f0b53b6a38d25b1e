// The engine on epoll: descriptors stay registered, and a call is tried at once where that promises
// something.
// lint: long because an engine is read as a whole
#include <fcntl.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "harness/base/check.hpp"
#include "harness/base/closings.hpp"
#include "harness/base/unique_fd.hpp"
#include "harness/gil/without_lock.hpp"
#include "harness/loop/descriptors.hpp"
#include "harness/loop/offload.hpp"
#include "harness/loop/prefetch.hpp"
#include "harness/loop/reactor.hpp"

namespace convoy {
namespace {

using Kind = Operation::Kind;

// Who waits on one descriptor, and what epoll tells of it: that it can be read for as long as it
// can, even when nobody waits, so that waiting again takes no system call; that it can be written
// only while somebody waits for that.
struct Waiting {
  OperationQueue readers, writers;
  std::uint32_t watched = 0;   // the events that epoll tells of
  std::uint32_t closings = 0;  // of the number, as of when the rest was found out
  FileKind kind = FileKind::unknown;
  bool nonblocking = false;
  bool made_nonblocking = false;  // by the loop, so to be undone
  // Reads that found nothing are tried less and less: how many wait for epoll unread, and of these
  // how many already have.
  std::uint8_t unpromising = 0, untried = 0;

  bool reading_promises() {
    if (untried < unpromising) {
      ++untried;
      return false;
    }
    untried = 0;
    return true;
  }
  void learn_from(bool read_at_once) {
    unpromising = read_at_once ? 0 : static_cast<std::uint8_t>(std::min(63, 2 * unpromising + 1));
  }
};

bool writes(const Operation& op) {
  return op.kind == Kind::write || op.kind == Kind::send || op.kind == Kind::connect ||
         op.kind == Kind::writable;
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
    case Kind::readable:
    case Kind::writable: return poll_descriptor(op, 0);
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
      if (waiting.made_nonblocking && waiting.closings == Closings::of(fd))
        set_nonblocking(fd, false);
    });
  }

  bool start(Operation& operation) override;
  nanoseconds poll(const Idle& wait) override;
  bool collect(SuspensionQueue& done) override;
  void listen(int event) override;
  std::size_t pending() const override { return pending_; }
  void take_back() override;
  const char* name() const override { return "epoll"; }
  const char* file_io() const override { return files_used_ ? "offload thread" : "none used"; }

 private:
  enum class Attempt { done, not_yet };

  Waiting& find(int fd);
  bool prepare(Operation& operation, Waiting& waiting);
  Attempt attempt(Operation& operation, FileKind kind, bool again);
  // Has epoll tell of these events from now on; 0 or an errno.
  int watch(int fd, Waiting& waiting, std::uint32_t events);
  void watch_own(int fd);
  void offload(Operation& operation);
  static int fd_of(const epoll_event& event) {
    return static_cast<int>(event.data.u64 & 0xffffffff);
  }
  void look_ahead();
  void wake(const epoll_event& event, SuspensionQueue& done);
  bool wake_own(int fd, SuspensionQueue& done);
  void retry(OperationQueue& queue, FileKind kind, SuspensionQueue& done);
  void fail(Waiting& waiting, int error, SuspensionQueue& done);
  void start_over(SuspensionQueue& done);

  Gil& gil_;
  Seat& seat_;
  UniqueFd epoll_;
  DescriptorTable<Waiting> table_;
  std::unique_ptr<Offload> offload_;
  int mail_ = -1;  // what it listens to
  std::size_t pending_ = 0;
  bool files_used_ = false;
  bool haunted_ = false;  // epoll tells of a file whose number means another by now
  std::array<epoll_event, 256> events_;
  std::size_t told_ = 0, next_ = 0;  // how many of them the last poll brought, and which is next
};

// What is known under a number that was closed meanwhile is of another file, and epoll has dropped
// it; who still waits there waits for the new one.
Waiting& EpollReactor::find(int fd) {
  Waiting& waiting = table_[fd];
  const std::uint32_t closings = Closings::of(fd);
  if (waiting.closings == closings) [[likely]]
    return waiting;
  const std::uint32_t watched = waiting.watched;
  const bool awaited = !waiting.readers.empty() || !waiting.writers.empty();
  Waiting renewed;
  renewed.readers = waiting.readers;
  renewed.writers = waiting.writers;
  renewed.closings = closings;
  waiting = renewed;
  if (awaited) watch(fd, waiting, watched);
  return waiting;
}

bool EpollReactor::start(Operation& operation) {
  operation.result = -EBADF;
  if (operation.fd < 0) return false;
  Waiting& waiting = find(operation.fd);
  if (!prepare(operation, waiting)) return false;
  const bool of_file = waiting.kind == FileKind::file && !operation.only_waits();
  if (of_file || operation.kind == Kind::fsync) {
    files_used_ = true;
    offload(operation);
    return true;
  }
  const bool writing = writes(operation);
  OperationQueue& queue = writing ? waiting.writers : waiting.readers;
  if (queue.empty()) {
    if (writing || waiting.reading_promises()) {
      const bool done = attempt(operation, waiting.kind, false) == Attempt::done;
      if (!writing) waiting.learn_from(done);
      if (done) return false;
    }
    if (operation.kind == Kind::connect && operation.result == -EAGAIN) {
      // A local listener's backlog is full, of which no event tells; the thread can wait for room.
      set_nonblocking(operation.fd, false);
      waiting.nonblocking = waiting.made_nonblocking = false;
      offload(operation);
      return true;
    }
    const int error =
        watch(operation.fd, waiting, waiting.watched | (writing ? EPOLLOUT : EPOLLIN));
    if (error != 0) {
      operation.result = -error;
      return false;
    }
  }
  queue.push(operation);
  ++pending_;
  return true;
}

// Learns what the descriptor is, and makes it non-blocking where it is called and no flag of the
// call does; false for a bad one.
bool EpollReactor::prepare(Operation& operation, Waiting& waiting) {
  const bool by_flag =
      operation.only_waits() || (waiting.kind == FileKind::socket &&
                                 operation.kind != Kind::accept && operation.kind != Kind::connect);
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
  // A connect interrupted by a signal goes on by itself, as one under way does.
  const bool under_way = operation.result == -EINPROGRESS || operation.result == -EINTR;
  if (operation.result == -EAGAIN || (connecting && under_way)) return Attempt::not_yet;
  return Attempt::done;
}

int EpollReactor::watch(int fd, Waiting& waiting, std::uint32_t events) {
  if (events == waiting.watched) [[likely]]
    return 0;
  epoll_event event{};
  event.events = events;
  event.data.u64 = std::uint64_t{waiting.closings} << 32 | static_cast<std::uint32_t>(fd);
  const int change = events == 0            ? EPOLL_CTL_DEL
                     : waiting.watched == 0 ? EPOLL_CTL_ADD
                                            : EPOLL_CTL_MOD;
  waiting.watched = events;
  return without_lock(gil_, seat_, [&] {
    int status = ::epoll_ctl(epoll_.get(), change, fd, &event);
    // A number that shares its count of closings with another is registered still.
    if (status != 0 && errno == EEXIST)
      status = ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
    return status == 0 ? 0 : errno;
  });
}

// Of a descriptor that the reactor itself reads.
void EpollReactor::watch_own(int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = static_cast<std::uint32_t>(fd);
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0)
    throw_errno("epoll_ctl", "raise fs.epoll.max_user_watches");
}

void EpollReactor::offload(Operation& operation) {
  without_lock(gil_, seat_, [&] {
    if (!offload_) {
      auto made = std::make_unique<Offload>();
      watch_own(made->event());
      offload_ = std::move(made);
    }
    offload_->submit(operation);
    ++pending_;
  });
}

void EpollReactor::listen(int event) {
  mail_ = event;
  watch_own(event);
}

nanoseconds EpollReactor::poll(const Idle& wait) {
  const std::optional<nanoseconds> timeout = wait.timeout;
  const bool sleeps = !timeout || timeout->count() > 0;
  const timespec limit = to_timespec(timeout.value_or(nanoseconds(0)));
  nanoseconds idle{0};
  int count = 0;
  int error = 0;
  told_ = next_ = 0;
  without_lock(gil_, seat_, [&] {
    const RecordedWait recorded(sleeps ? seat_.recorder : nullptr, wait.cause, wait.kind);
    const nanoseconds before = sleeps ? now() : nanoseconds(0);
    count = ::epoll_pwait2(epoll_.get(), events_.data(), static_cast<int>(events_.size()),
                           timeout ? &limit : nullptr, nullptr);
    error = errno;
    if (sleeps) idle = now() - before;
  });
  if (count < 0 && error != EINTR) throw_error_code(error, "epoll_pwait2", "use --engine io_uring");
  told_ = static_cast<std::size_t>(std::max(0, count));
  return idle;
}

// Each of the events that follow is a step further on: who waits there, the first wait, its task.
void EpollReactor::look_ahead() {
  const auto waiting = [this](std::size_t i) { return table_.find(fd_of(events_[i])); };
  if (next_ + 3 < told_) __builtin_prefetch(waiting(next_ + 3));
  if (next_ + 2 < told_)
    if (const Waiting* const second = waiting(next_ + 2)) prefetch_wait(second->readers.front());
  if (next_ + 1 < told_)
    if (const Waiting* const first = waiting(next_ + 1); first && !first->readers.empty())
      prefetch_task(*first->readers.front());
}

bool EpollReactor::collect(SuspensionQueue& done) {
  while (next_ < told_) {
    look_ahead();
    wake(events_[next_++], done);
    if (!done.empty()) return true;
  }
  if (!haunted_) return false;
  start_over(done);
  return !done.empty();
}

// True where the descriptor is the reactor's own, which it then reads.
bool EpollReactor::wake_own(int fd, SuspensionQueue& done) {
  if (fd == mail_) {
    std::uint64_t count = 0;
    without_lock(gil_, seat_, [&] { return ::read(mail_, &count, sizeof count); });
    return true;
  }
  if (!offload_ || fd != offload_->event()) return false;
  OperationQueue ended = without_lock(gil_, seat_, [&] { return offload_->collect(); });
  while (Operation* const operation = ended.pop()) {
    --pending_;
    done.push(*operation);
  }
  return true;
}

void EpollReactor::wake(const epoll_event& event, SuspensionQueue& done) {
  const int fd = fd_of(event);
  if (wake_own(fd, done)) return;
  Waiting& waiting = table_[fd];
  if (event.data.u64 >> 32 != waiting.closings) {
    haunted_ = true;
    return;
  }
  constexpr std::uint32_t kBroken = EPOLLERR | EPOLLHUP;
  const bool readable = (event.events & (EPOLLIN | kBroken)) != 0;
  std::uint32_t wanted = waiting.watched;
  // What nobody reads would be told again and again.
  if (readable && waiting.readers.empty()) {
    wanted &= ~std::uint32_t{EPOLLIN};
    waiting.learn_from(true);
  }
  if (readable) retry(waiting.readers, waiting.kind, done);
  if ((event.events & (EPOLLOUT | kBroken)) != 0) retry(waiting.writers, waiting.kind, done);
  if (waiting.writers.empty()) wanted &= ~std::uint32_t{EPOLLOUT};
  const int error = watch(fd, waiting, wanted);
  if (error == 0) return;
  if (waiting.readers.empty() && waiting.writers.empty()) haunted_ = true;
  else fail(waiting, error, done);
}

// All who wait there.
void EpollReactor::fail(Waiting& waiting, int error, SuspensionQueue& done) {
  waiting.readers.append(waiting.writers.take());
  while (Operation* const operation = waiting.readers.pop()) {
    --pending_;
    operation->result = -error;
    done.push(*operation);
  }
}

// A file that somebody else has open, too, stays registered when its number is closed, and nothing
// can be done about it any more: only another epoll does not know it.
void EpollReactor::start_over(SuspensionQueue& done) {
  haunted_ = false;
  without_lock(gil_, seat_, [&] {
    UniqueFd another(::epoll_create1(EPOLL_CLOEXEC));
    if (!another) throw_errno("epoll_create1", "raise `ulimit -n`");
    epoll_ = std::move(another);
    if (mail_ >= 0) watch_own(mail_);
    if (offload_) watch_own(offload_->event());
  });
  table_.for_each([&](int fd, Waiting& waiting) {
    waiting.watched = 0;
    const std::uint32_t wanted =
        (waiting.readers.empty() ? 0U : EPOLLIN) | (waiting.writers.empty() ? 0U : EPOLLOUT);
    if (const int error = watch(fd, waiting, wanted); error != 0) fail(waiting, error, done);
  });
}

void EpollReactor::retry(OperationQueue& queue, FileKind kind, SuspensionQueue& done) {
  bool moved = false;
  while (Operation* const operation = queue.front()) {
    // Epoll has told who only waits all there is, unless somebody took it just now.
    if (operation->only_waits() && !moved) operation->result = 0;
    else if (attempt(*operation, kind, true) == Attempt::not_yet) return;
    moved = moved || !operation->only_waits();
    queue.pop();
    --pending_;
    done.push(*operation);
  }
}

void EpollReactor::take_back() {
  table_.for_each([this](int fd, Waiting& waiting) {
    waiting.readers = {};
    waiting.writers = {};
    if (waiting.watched != 0) ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
    waiting.watched = 0;
  });
  offload_.reset();
  pending_ = 0;
  told_ = next_ = 0;
}

}  // namespace

std::unique_ptr<Reactor> make_epoll_reactor(Gil& gil, Seat& seat) {
  return std::make_unique<EpollReactor>(gil, seat);
}

}  // namespace convoy
