// The engine on io_uring: each wait is an entry of the ring, handed over at the next poll, one
// system call for all.
#include <liburing.h>
#include <poll.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "harness/base/check.hpp"
#include "harness/base/closings.hpp"
#include "harness/gil/without_lock.hpp"
#include "harness/loop/descriptors.hpp"
#include "harness/loop/prefetch.hpp"
#include "harness/loop/reactor.hpp"

namespace convoy {
namespace {

using Kind = Operation::Kind;

constexpr unsigned kEntries = 4096;

// Completions are worked off only when the carrier asks, in its own context: no interruptions while
// coroutines run. Kernels before 6.1 know less.
constexpr std::array<unsigned, 3> kFlags{
    IORING_SETUP_CLAMP | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
        IORING_SETUP_TASKRUN_FLAG,
    IORING_SETUP_CLAMP | IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG, IORING_SETUP_CLAMP};

// `drained`: most likely nothing has come yet, so the kernel need not look before it waits.
void fill(io_uring_sqe* sqe, const Operation& op, bool drained) {
  // The ring counts bytes in 32 bits, and no call moves more than this.
  const auto size = static_cast<unsigned>(std::min(op.size, std::size_t{0x7ffff000}));
  const auto offset = op.offset < 0 ? ~std::uint64_t{0} : static_cast<std::uint64_t>(op.offset);
  switch (op.kind) {
    case Kind::read: io_uring_prep_read(sqe, op.fd, op.data, size, offset); break;
    case Kind::write: io_uring_prep_write(sqe, op.fd, op.data, size, offset); break;
    case Kind::receive:
      io_uring_prep_recv(sqe, op.fd, op.data, op.size, 0);
      if (drained) sqe->ioprio |= IORING_RECVSEND_POLL_FIRST;
      break;
    case Kind::send: io_uring_prep_send(sqe, op.fd, op.data, op.size, MSG_NOSIGNAL); break;
    case Kind::accept: io_uring_prep_accept(sqe, op.fd, nullptr, nullptr, SOCK_CLOEXEC); break;
    case Kind::connect:
      io_uring_prep_connect(sqe, op.fd, static_cast<const sockaddr*>(op.data),
                            static_cast<socklen_t>(op.size));
      break;
    case Kind::fsync: io_uring_prep_fsync(sqe, op.fd, 0); break;
    case Kind::readable: io_uring_prep_poll_add(sqe, op.fd, POLLIN); break;
    case Kind::writable: io_uring_prep_poll_add(sqe, op.fd, POLLOUT); break;
    default: io_uring_prep_nop(sqe); break;
  }
}

bool writes(const Operation& op) {
  return op.kind == Kind::write || op.kind == Kind::send || op.kind == Kind::connect;
}

// Of a poll the ring tells which events there were.
int result_of_entry(const Operation& op, int result) {
  return op.only_waits() && result > 0 ? 0 : result;
}

class UringReactor final : public Reactor {
 public:
  UringReactor(Gil& gil, Seat& seat) : gil_(gil), seat_(seat) { open(); }
  ~UringReactor() override {
    take_back();
    io_uring_queue_exit(&ring_);
  }

  bool start(Operation& operation) override;
  nanoseconds poll(const Idle& wait) override;
  bool collect(SuspensionQueue& done) override;
  void listen(int event) override;
  std::size_t pending() const override { return pending_; }
  void take_back() override;
  const char* name() const override { return "io_uring"; }
  const char* file_io() const override { return files_used_ ? "io_uring" : "none used"; }

 private:
  void open();
  void note_file(const Operation& operation);
  void make_room(unsigned entries);
  void reap(OperationQueue& done);
  void start_again(Operation& operation);
  void listen_again();

  Gil& gil_;
  Seat& seat_;
  io_uring ring_{};
  struct Known {
    FileKind kind = FileKind::unknown;
    std::uint32_t closings = 0;  // of the number, as of when that was found out
  };
  DescriptorTable<Known> known_;
  int mail_ = -1;            // what it listens to
  OperationQueue early_;     // ended, and not collected yet
  std::size_t pending_ = 0;  // including those in early_
  bool files_used_ = false;
  bool knows_drained_ = false;  // the kernel says whether a receive left something behind
  bool drained_ = false;        // the last one did not
};

void UringReactor::open() {
  int status = -EINVAL;
  io_uring_params parameters{};
  for (std::size_t i = 0; i < kFlags.size() && status == -EINVAL; ++i) {
    knows_drained_ = i == 0;  // since 5.19, and these flags since 6.1
    parameters = {};
    parameters.flags = kFlags[i];
    status = io_uring_queue_init_params(kEntries, &ring_, &parameters);
  }
  if (status < 0)
    throw_error_code(-status, "io_uring_setup",
                     "the kernel or a sandbox refuses io_uring here: use --engine epoll");
  constexpr unsigned kNeeded = IORING_FEAT_EXT_ARG | IORING_FEAT_NODROP | IORING_FEAT_FAST_POLL;
  if ((parameters.features & kNeeded) != kNeeded) {
    io_uring_queue_exit(&ring_);
    throw_error_code(ENOSYS, "io_uring_setup",
                     "this kernel's io_uring is too old: use --engine epoll");
  }
  // The kernel's workers for files stay where the carrier is placed; best effort, they matter
  // little.
  cpu_set_t cpus;
  if (::sched_getaffinity(0, sizeof cpus, &cpus) == 0)
    io_uring_register_iowq_aff(&ring_, sizeof cpus, &cpus);
}

bool UringReactor::start(Operation& operation) {
  if (operation.fd < 0) {
    operation.result = -EBADF;
    return false;
  }
  note_file(operation);
  make_room(1);
  io_uring_sqe* const sqe = io_uring_get_sqe(&ring_);
  fill(sqe, operation, drained_);
  io_uring_sqe_set_data(sqe, &operation);
  ++pending_;
  return true;
}

void UringReactor::listen(int event) {
  mail_ = event;
  listen_again();
}

// The entry's data is the address of `mail_`, which is no operation's.
void UringReactor::listen_again() {
  make_room(1);
  io_uring_sqe* const sqe = io_uring_get_sqe(&ring_);
  io_uring_prep_poll_add(sqe, mail_, POLLIN);
  io_uring_sqe_set_data(sqe, &mail_);
}

void UringReactor::note_file(const Operation& operation) {
  if (files_used_) return;
  if (operation.kind == Kind::fsync) files_used_ = true;
  if (operation.kind != Kind::read && operation.kind != Kind::write) return;
  Known& known = known_[operation.fd];
  const std::uint32_t closings = Closings::of(operation.fd);
  if (known.kind == FileKind::unknown || known.closings != closings)
    known = {without_lock(gil_, seat_, [&] { return kind_of_file(operation.fd); }), closings};
  files_used_ = known.kind == FileKind::file;
}

// Hands entries over early where the ring is full; a kernel whose completions overflow wants them
// taken first.
void UringReactor::make_room(unsigned entries) {
  while (io_uring_sq_space_left(&ring_) < entries) {
    const int status = without_lock(gil_, seat_, [&] { return io_uring_submit(&ring_); });
    if (status == -EBUSY || status == -EAGAIN) reap(early_);
    else if (status < 0 && status != -EINTR)
      throw_error_code(-status, "io_uring_enter", "use --engine epoll");
  }
}

nanoseconds UringReactor::poll(const Idle& wait) {
  std::optional<nanoseconds> timeout = wait.timeout;
  if (!early_.empty()) timeout = nanoseconds(0);
  const bool sleeps = !timeout || timeout->count() > 0;
  const nanoseconds limit = timeout.value_or(nanoseconds(0));
  __kernel_timespec until{limit.count() / 1'000'000'000, limit.count() % 1'000'000'000};
  nanoseconds idle{0};
  int status = 0;
  without_lock(gil_, seat_, [&] {
    const RecordedWait recorded(sleeps ? seat_.recorder : nullptr, wait.cause, wait.kind);
    const nanoseconds before = sleeps ? now() : nanoseconds(0);
    io_uring_cqe* first = nullptr;
    if (!sleeps) status = io_uring_submit_and_get_events(&ring_);
    else if (timeout) status = io_uring_submit_and_wait_timeout(&ring_, &first, 1, &until, nullptr);
    else status = io_uring_submit_and_wait(&ring_, 1);
    if (sleeps) idle = now() - before;
  });
  if (status < 0 && status != -ETIME && status != -EINTR && status != -EAGAIN && status != -EBUSY)
    throw_error_code(-status, "io_uring_enter", "use --engine epoll");
  reap(early_);
  return idle;
}

bool UringReactor::collect(SuspensionQueue& done) {
  Operation* const operation = early_.pop();
  if (operation == nullptr) return false;
  if (const Operation* const following = early_.front()) {
    prefetch_task(*following);
    prefetch_wait(following->next);
  }
  --pending_;
  done.push(*operation);
  return true;
}

void UringReactor::reap(OperationQueue& done) {
  OperationQueue again;
  bool mail = false;
  while (true) {
    unsigned head = 0;
    unsigned count = 0;
    io_uring_cqe* cqe = nullptr;
    io_uring_for_each_cqe(&ring_, head, cqe) __builtin_prefetch(io_uring_cqe_get_data(cqe), 1);
    io_uring_for_each_cqe(&ring_, head, cqe) {
      ++count;
      if (io_uring_cqe_get_data(cqe) == &mail_) {
        mail = true;
        continue;
      }
      auto* const operation = static_cast<Operation*>(io_uring_cqe_get_data(cqe));
      if (operation == nullptr) continue;  // a poll in front of a second try
      operation->result = result_of_entry(*operation, cqe->res);
      if (knows_drained_ && operation->kind == Kind::receive)
        drained_ = (cqe->flags & IORING_CQE_F_SOCK_NONEMPTY) == 0;
      const bool retry =
          cqe->res == -EINTR || (cqe->res == -EAGAIN && operation->kind != Kind::connect);
      (retry ? again : done).push(*operation);
    }
    io_uring_cq_advance(&ring_, count);
    // Completions that found the queue full wait in the kernel.
    if ((IO_URING_READ_ONCE(*ring_.sq.kflags) & IORING_SQ_CQ_OVERFLOW) == 0) break;
    if (without_lock(gil_, seat_, [&] { return io_uring_get_events(&ring_); }) < 0) break;
  }
  if (mail) {
    std::uint64_t letters = 0;
    without_lock(gil_, seat_, [&] { return ::read(mail_, &letters, sizeof letters); });
    listen_again();
  }
  while (Operation* const operation = again.pop()) start_again(*operation);
}

// The descriptor was made non-blocking by somebody, so the kernel did not wait: wait for readiness,
// then try again.
void UringReactor::start_again(Operation& operation) {
  make_room(2);
  if (operation.result == -EAGAIN) {
    io_uring_sqe* const ready = io_uring_get_sqe(&ring_);
    io_uring_prep_poll_add(ready, operation.fd, writes(operation) ? POLLOUT : POLLIN);
    io_uring_sqe_set_data(ready, nullptr);
    ready->flags |= IOSQE_IO_LINK;
  }
  io_uring_sqe* const sqe = io_uring_get_sqe(&ring_);
  fill(sqe, operation, drained_);
  io_uring_sqe_set_data(sqe, &operation);
}

// Cancels and waits until the kernel has let go of every buffer; what runs on a file runs to its
// end.
void UringReactor::take_back() {
  while (early_.pop() != nullptr) --pending_;
  while (pending_ > 0) {
    if (io_uring_sqe* const sqe = io_uring_get_sqe(&ring_)) {
      io_uring_prep_cancel(sqe, nullptr, IORING_ASYNC_CANCEL_ANY);
      io_uring_sqe_set_data(sqe, nullptr);
    }
    __kernel_timespec patience{0, 10'000'000};
    io_uring_cqe* cqe = nullptr;
    const int status = io_uring_submit_and_wait_timeout(&ring_, &cqe, 1, &patience, nullptr);
    unsigned head = 0;
    unsigned count = 0;
    bool unable = status == -EEXIST || status == -EINVAL;
    io_uring_for_each_cqe(&ring_, head, cqe) {
      ++count;
      const void* const data = io_uring_cqe_get_data(cqe);
      if (data != nullptr && data != &mail_) --pending_;
      else unable = unable || cqe->res == -EINVAL;
    }
    io_uring_cq_advance(&ring_, count);
    if (unable) break;  // before 5.19, or another thread's ring: closing it must do
  }
  pending_ = 0;
}

}  // namespace

std::unique_ptr<Reactor> make_uring_reactor(Gil& gil, Seat& seat) {
  return std::make_unique<UringReactor>(gil, seat);
}

}  // namespace convoy
