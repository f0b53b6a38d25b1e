#include "harness/work/worker.hpp"

#include <algorithm>
#include <cstring>

#include "harness/base/check.hpp"
#include "harness/work/descriptor.hpp"
#include "harness/work/wait.hpp"

namespace convoy {

Worker::Worker(const Setup& setup, int index, Seat& seat, Gil& gil, Waiter* waiter)
    : seat_(&seat),
      gil_(&gil),
      waiter_(waiter),
      setup_(&setup),
      latency_(setup.workload().latency),
      index_(index) {}

void Worker::begin_round(std::uint64_t operations) {
  remaining_ = operations;
  checksum_ = 0x243F6A8885A308D3U;  // not 0, from which keeping zeros would not show (digits of pi)
  timed_ = latency_ == Latency::operation || seat_->recorder != nullptr;
  operation_began_ = nanoseconds(-1);
  told_of_ = untold_ = 1;
}

void Worker::note_operation() {
  if (latency_ == Latency::operation) {
    const nanoseconds time = now();
    if (operation_began_.count() >= 0) seat_->latency.add((time - operation_began_).count());
    operation_began_ = time;
  }
  if (remaining_ == 0) timed_ = false;
  else if (seat_->recorder != nullptr) tell_operation();
}

// Of many short operations a recorder is told of some, since reading the clock for each would cost
// more than they do.
void Worker::tell_operation() {
  if (--untold_ > 0) return;
  const nanoseconds time = now();
  const nanoseconds elapsed = time - told_at_;
  if (elapsed < std::chrono::microseconds(10)) told_of_ = std::min(2 * told_of_, 1U << 20);
  else if (elapsed > std::chrono::microseconds(40)) told_of_ = std::max(1U, told_of_ / 2);
  untold_ = told_of_;
  told_at_ = time;
  seat_->recorder->note({.at = time,
                         .argument = static_cast<std::int64_t>(remaining_ - 1),
                         .worker = static_cast<std::uint32_t>(index_),
                         .kind = EventKind::operation});
}

void Worker::keep(std::span<const char> bytes) {
  std::uint64_t word = 0;
  while (!bytes.empty()) {
    const std::size_t size = std::min(bytes.size(), sizeof word);
    word = 0;
    std::memcpy(&word, bytes.data(), size);
    mix(word);
    bytes = bytes.subspan(size);
  }
}

void* Worker::fixture_address(const FixtureBase& fixture) const {
  const auto& known = setup_->workload().fixtures;
  for (std::size_t i = 0; i < known.size(); ++i)
    if (known[i] == &fixture) return fixtures_[i].get();
  check_failed("fixture", __FILE__, __LINE__,
               "a body asked for a fixture that its workload does not declare");
}

Tally& Worker::tally(const Figure& figure) const {
  const auto& known = setup_->workload().figures;
  for (std::size_t i = 0; i < known.size(); ++i)
    if (known[i] == &figure) return seat_->figures[i];
  check_failed("figure", __FILE__, __LINE__,
               "a body reported a figure that its workload does not declare");
}

void Worker::report(const MatrixFigure& figure, int from, int to, double value) {
  CONVOY_CHECK(setup_->workload().matrix == &figure && !matrix_.empty(),
               "a body reported a matrix that its workload does not declare");
  double& cell = matrix_[static_cast<std::size_t>(from * count() + to)];
  if (!(cell <= value)) cell = value;  // it is not a number at first
}

void Worker::block(Operation& operation) {
  gil_->release(*seat_, ReleaseReason::blocking);
  if (operation.offset >= 0 || operation.kind == Operation::Kind::fsync)
    seat_->blocking_file_io = true;
  const bool sleeps = operation.kind == Operation::Kind::sleep;
  const nanoseconds before = now();
  {
    const RecordedWait recorded(seat_->recorder, sleeps ? WaitCause::sleep : WaitCause::io,
                                static_cast<std::uint8_t>(operation.kind));
    perform_blocking(operation);
  }
  const std::int64_t waited = (now() - before).count();
  (sleeps ? seat_->waits.sleep_ns : seat_->waits.io_ns) += waited;
  gil_->acquire(*seat_);
}

std::size_t Wait::await_resume() {
  if (operation_.result < 0)
    throw_error_code(static_cast<int>(-operation_.result), name_of(operation_.kind));
  if (operation_.kind == Operation::Kind::sleep && worker_->latency_ == Latency::lateness)
    worker_->seat_->latency.add((now() - operation_.deadline).count());
  return static_cast<std::size_t>(operation_.result);
}

Wait Worker::sleep(nanoseconds duration) { return {*this, now() + duration}; }
Wait Worker::read(int fd, std::span<char> buffer, off_t offset) {
  return {*this, Operation::Kind::read, fd, buffer.data(), buffer.size(), offset};
}
Wait Worker::write(int fd, std::span<const char> buffer, off_t offset) {
  return {*this, Operation::Kind::write, fd, buffer.data(), buffer.size(), offset};
}
Wait Worker::recv(int fd, std::span<char> buffer) {
  return {*this, Operation::Kind::receive, fd, buffer.data(), buffer.size()};
}
Wait Worker::send(int fd, std::span<const char> buffer) {
  return {*this, Operation::Kind::send, fd, buffer.data(), buffer.size()};
}
Wait Worker::accept(int fd) { return {*this, Operation::Kind::accept, fd, nullptr, 0}; }
Wait Worker::connect(int fd, const sockaddr* address, socklen_t size) {
  return {*this, Operation::Kind::connect, fd, address, size};
}
Wait Worker::fsync(int fd) { return {*this, Operation::Kind::fsync, fd, nullptr, 0}; }

}  // namespace convoy
