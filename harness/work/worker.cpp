#include "harness/work/worker.hpp"

#include <algorithm>
#include <cstring>

#include "harness/base/check.hpp"
#include "harness/work/descriptor.hpp"
#include "harness/work/wait.hpp"
#include "harness/work/wait_table.hpp"

namespace convoy {

Worker::Worker(Station& station, int index)
    : seat_(&station.seat()),
      gil_(&station.gil()),
      waiter_(station.waiter()),
      station_(&station),
      wait_slot_(station.waits() == nullptr ? nullptr : &station.waits()->slot(index)),
      index_(index),
      place_(station.next_place() & 0x7FFFFFFFU) {}

static bool times_operations(const Setup& setup) {
  return setup.workload().latency == Latency::operation;
}

void Worker::begin_round(std::uint64_t operations) {
  remaining_ = operations;
  checksum_ = 0x243F6A8885A308D3U;  // not 0, from which keeping zeros would not show (digits of pi)
  timed_ = times_operations(setup()) || seat_->recorder != nullptr;
  if (timed_) station_->timing(place_) = {};
}

void Worker::note_operation() {
  if (times_operations(setup())) {
    nanoseconds& began = station_->timing(place_).operation_began;
    const nanoseconds time = now();
    if (began.count() >= 0) seat_->latency.add((time - began).count());
    began = time;
  }
  if (remaining_ == 0) timed_ = false;
  else if (seat_->recorder != nullptr) tell_operation();
}

// Of many short operations a recorder is told of some, since reading the clock for each would cost
// more than they do.
void Worker::tell_operation() {
  Station::Timing& timing = station_->timing(place_);
  if (--timing.untold > 0) return;
  const nanoseconds time = now();
  const nanoseconds elapsed = time - timing.told_at;
  if (elapsed < std::chrono::microseconds(10))
    timing.told_of = std::min(2 * timing.told_of, 1U << 20);
  else if (elapsed > std::chrono::microseconds(40))
    timing.told_of = std::max(1U, timing.told_of / 2);
  timing.untold = timing.told_of;
  timing.told_at = time;
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
  const auto& known = setup().workload().fixtures;
  for (std::size_t i = 0; i < known.size(); ++i)
    if (known[i] == &fixture) return station_->fixture(i, place_);
  check_failed("fixture", __FILE__, __LINE__,
               "a body asked for a fixture that its workload does not declare");
}

Tally& Worker::tally(const Figure& figure) const {
  const auto& known = setup().workload().figures;
  for (std::size_t i = 0; i < known.size(); ++i)
    if (known[i] == &figure) return seat_->figures[i];
  check_failed("figure", __FILE__, __LINE__,
               "a body reported a figure that its workload does not declare");
}

void Worker::report(const MatrixFigure& figure, int from, int to, double value) {
  const std::span<double> matrix = station_->matrix();
  CONVOY_CHECK(setup().workload().matrix == &figure && !matrix.empty(),
               "a body reported a matrix that its workload does not declare");
  double& cell = matrix[static_cast<std::size_t>(from * count() + to)];
  if (!(cell <= value)) cell = value;  // it is not a number at first
}

void Worker::block(Suspension& suspension) {
  const bool sleeps = suspension.kind == Suspension::Kind::sleep;
  const bool waits_on_file =
      suspension.is_call() && (static_cast<const Operation&>(suspension).offset >= 0 ||
                               suspension.kind == Suspension::Kind::fsync);
  gil_->release(*seat_, ReleaseReason::blocking);
  if (waits_on_file) seat_->blocking_file_io = true;
  const nanoseconds before = now();
  {
    const RecordedWait recorded(seat_->recorder, sleeps ? WaitCause::sleep : WaitCause::io,
                                static_cast<std::uint8_t>(suspension.kind));
    perform_blocking(suspension);
  }
  const std::int64_t waited = (now() - before).count();
  (sleeps ? seat_->waits.sleep_ns : seat_->waits.io_ns) += waited;
  gil_->acquire(*seat_);
}

void Worker::note_lateness_of(nanoseconds deadline) {
  if (setup().workload().latency == Latency::lateness) note_lateness(now() - deadline);
}

std::size_t result_of(const Suspension& suspension) {
  if (suspension.result < 0)
    throw_error_code(static_cast<int>(-suspension.result), name_of(suspension.kind));
  return static_cast<std::size_t>(suspension.result);
}

Pause Worker::sleep(nanoseconds duration) { return {*this, now() + duration}; }
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
Wait Worker::readable(int fd) { return {*this, Operation::Kind::readable, fd, nullptr, 0}; }
Wait Worker::writable(int fd) { return {*this, Operation::Kind::writable, fd, nullptr, 0}; }

}  // namespace convoy
