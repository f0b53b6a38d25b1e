#include "harness/work/operation.hpp"

#include <poll.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>

namespace convoy {
namespace {

void sleep_until(nanoseconds deadline) {
  if (VirtualTime::on()) return VirtualTime::jump_to(deadline);
  const timespec until = to_timespec(deadline);
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
  }
}

ssize_t call(Operation& op) {
  const auto* address = static_cast<const sockaddr*>(op.data);
  switch (op.kind) {
    case Operation::Kind::sleep:
    case Operation::Kind::turn:
    case Operation::Kind::park: break;  // no calls on descriptors
    case Operation::Kind::read:
      return op.offset < 0 ? ::read(op.fd, op.data, op.size)
                           : ::pread(op.fd, op.data, op.size, op.offset);
    case Operation::Kind::write:
      return op.offset < 0 ? ::write(op.fd, op.data, op.size)
                           : ::pwrite(op.fd, op.data, op.size, op.offset);
    case Operation::Kind::receive: return ::recv(op.fd, op.data, op.size, 0);
    case Operation::Kind::send: return ::send(op.fd, op.data, op.size, MSG_NOSIGNAL);
    case Operation::Kind::accept: return ::accept4(op.fd, nullptr, nullptr, SOCK_CLOEXEC);
    case Operation::Kind::connect:
      return ::connect(op.fd, address, static_cast<socklen_t>(op.size));
    case Operation::Kind::fsync: return ::fsync(op.fd);
    case Operation::Kind::readable:
    case Operation::Kind::writable: return poll_descriptor(op, -1);
  }
  errno = EINVAL;
  return -1;
}

}  // namespace

const char* name_of(Suspension::Kind kind) {
  switch (kind) {
    case Operation::Kind::sleep: return "sleep";
    case Operation::Kind::read: return "read";
    case Operation::Kind::write: return "write";
    case Operation::Kind::receive: return "recv";
    case Operation::Kind::send: return "send";
    case Operation::Kind::accept: return "accept";
    case Operation::Kind::connect: return "connect";
    case Operation::Kind::fsync: return "fsync";
    case Operation::Kind::readable: return "readable";
    case Operation::Kind::writable: return "writable";
    case Operation::Kind::park: return "wait";
    case Operation::Kind::turn: break;
  }
  return "turn";
}

int poll_descriptor(const Operation& operation, int limit_ms) {
  const bool writes = operation.kind == Suspension::Kind::writable;
  pollfd watched{operation.fd, static_cast<short>(writes ? POLLOUT : POLLIN), 0};
  const int ready = operation.fd < 0 ? 1 : ::poll(&watched, 1, limit_ms);
  if (ready < 0) return -1;
  // poll(2) never tells of a negative number.
  const bool unknown = operation.fd < 0 || (watched.revents & POLLNVAL) != 0;
  if (ready > 0 && !unknown) return 0;
  errno = unknown ? EBADF : EAGAIN;
  return -1;
}

void perform_blocking(Suspension& suspension) {
  suspension.result = 0;
  if (suspension.kind == Suspension::Kind::sleep) return sleep_until(suspension.deadline);
  if (suspension.kind == Suspension::Kind::turn) ::sched_yield();
  if (!suspension.is_call()) return;  // how to wait for another worker its object knows
  do {
    const ssize_t result = call(static_cast<Operation&>(suspension));
    suspension.result = result < 0 ? -errno : result;
  } while (suspension.result == -EINTR);
}

}  // namespace convoy
