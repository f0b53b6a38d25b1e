// What a workload's body is given: operations to begin, safe points, waits, and a place for its
// result.
// lint: long because all that a body may call is read together
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <type_traits>

#include "harness/base/recorder.hpp"
#include "harness/base/seat.hpp"
#include "harness/gil/gil.hpp"
#include "harness/gil/without_lock.hpp"
#include "harness/work/figure.hpp"
#include "harness/work/fixture.hpp"
#include "harness/work/operation.hpp"

namespace convoy {

enum class Latency : std::uint8_t;
class Wait;
struct WaitSlot;

// One concurrent body on one seat, which it never leaves. Made by a model for a crew, reset for
// each round; used by the body alone. Waits block in the calling thread unless a waiter is set.
class Worker {
 public:
  Worker(const Setup& setup, int index, Seat& seat, Gil& gil, Waiter* waiter);

  // Begins the next operation; false when this round's budget is used up.
  bool next() {
    if (timed_) [[unlikely]]
      note_operation();
    if (remaining_ == 0) return false;
    --remaining_;
    return true;
  }
  // True until every foreground worker is done, for background workers.
  bool running() const {
    // Relaxed: only the value matters, nothing is read through it.
    return running_ == nullptr || running_->load(std::memory_order_relaxed) != 0;
  }
  // A safe point of the emulated interpreter that stands for so many bytecodes; 0: as many as
  // the time since the last one holds.
  void checkpoint(std::uint32_t ticks = 0) { gil_->checkpoint(*seat_, ticks); }
  // Runs `f` without the interpreter lock, as a C extension that drops it does.
  template <class F>
  auto native(F&& f) {
    return without_lock(*gil_, *seat_, f);
  }

  // Waits; each is awaited as a whole statement or as an initialiser. They throw std::system_error
  // when the call fails.
  Wait sleep(nanoseconds duration);
  Wait read(int fd, std::span<char> buffer, off_t offset = -1);
  Wait write(int fd, std::span<const char> buffer, off_t offset = -1);
  Wait recv(int fd, std::span<char> buffer);
  Wait send(int fd, std::span<const char> buffer);
  Wait accept(int fd);
  Wait connect(int fd, const sockaddr* address, socklen_t size);
  Wait fsync(int fd);
  Wait turn();

  // Part of the result: what the optimiser may not remove and the answer's check reads. Order
  // matters.
  template <class T>
    requires std::is_arithmetic_v<T>
  void keep(T value) {
    if constexpr (std::is_floating_point_v<T>)
      mix(std::bit_cast<std::uint64_t>(static_cast<double>(value)));
    else mix(static_cast<std::uint64_t>(value));
  }
  void keep(std::span<const char> bytes);

  // A signal has come for the interpreter: see Gil::signal.
  void signal() { gil_->signal(); }
  // Adds a value to a figure that the workload declares, in some nanoseconds.
  template <class T>
    requires std::is_arithmetic_v<T>
  void report(const Figure& figure, T value) {
    tally(figure).add(static_cast<double>(value));
  }
  void report(const Figure& figure, nanoseconds value) { report(figure, value.count()); }
  // The same for a pair of workers. Each pair is told of by one worker.
  void report(const MatrixFigure& figure, int from, int to, double value);
  // So many shared updates were undone by another worker's (CountsLost); whoever notices may tell.
  void lose(std::uint64_t updates) { seat_->lost += updates; }
  // Adds to the latency histogram of a workload that measures lateness (MeasureLateness).
  void note_lateness(nanoseconds late) { seat_->latency.add(late.count()); }

  int index() const { return index_; }
  int count() const { return setup_->workers(); }
  // A parameter's value, or the fixture made for this worker.
  template <class P>
    requires std::is_base_of_v<ParameterBase, P>
  auto operator[](const P& parameter) const {
    return (*setup_)[parameter];
  }
  template <class F>
    requires std::is_base_of_v<FixtureBase, F>
  typename F::Value& operator[](const F& fixture) const {
    return *static_cast<typename F::Value*>(fixture_address(fixture));
  }

  // For models: a new round with so many operations; the checksum starts again.
  void begin_round(std::uint64_t operations);
  void set_fixtures(Fixtures fixtures) { fixtures_ = std::move(fixtures); }
  void set_running(const std::atomic<std::uint32_t>* running) { running_ = running; }
  // The crew's, a row a worker; see MatrixFigure.
  void set_matrix(std::span<double> cells) { matrix_ = cells; }
  // Where objects that it waits for are told; the slot of this worker.
  void set_wait_slot(WaitSlot& slot) { wait_slot_ = &slot; }
  std::uint64_t checksum() const { return checksum_; }
  std::uint64_t remaining() const { return remaining_; }
  const Setup& setup() const { return *setup_; }

  // For objects of harness/sync/, which have it wait. Null where it is to block here and now.
  Waiter* waiter() const { return waiter_; }
  // Without one no object can be waited for: a crew has them where its workload declares any.
  WaitSlot* wait_slot() const { return wait_slot_; }
  // Runs `wait`, which blocks until another worker acts, without the interpreter lock, and accounts
  // for it as a wait for the object of this name.
  template <class F>
  auto block_on(const char* object, F&& wait) {
    return without_lock(*gil_, *seat_, [&] {
      const BlockedOn accounted(*seat_, object);
      return wait();
    });
  }

 private:
  friend class Wait;
  // For a scope.
  class BlockedOn {
   public:
    BlockedOn(Seat& seat, const char* object)
        : seat_(seat), recorded_(seat.recorder, object), began_(now()) {}
    BlockedOn(const BlockedOn&) = delete;
    ~BlockedOn() { seat_.waits.lock_ns += (now() - began_).count(); }

   private:
    Seat& seat_;
    RecordedWait recorded_;
    nanoseconds began_;
  };

  void note_operation();
  void tell_operation();
  void block(Operation& operation);
  Tally& tally(const Figure& figure) const;
  void* fixture_address(const FixtureBase& fixture) const;
  // One multiplication and one rotation a value: cheap, and any change or swap shows.
  void mix(std::uint64_t value) {
    checksum_ = std::rotl((checksum_ ^ value) * 0x9E3779B97F4A7C15U, 29);
  }

  std::uint64_t remaining_ = 0;
  bool timed_ = false;  // operations are timed into the seat's histogram
  Seat* seat_;
  Gil* gil_;
  Waiter* waiter_;
  WaitSlot* wait_slot_ = nullptr;
  std::span<double> matrix_;
  const Setup* setup_;
  const std::atomic<std::uint32_t>* running_ = nullptr;
  std::uint64_t checksum_ = 0;
  nanoseconds operation_began_{-1};
  // A recorder is told of one operation in `told_of_`: in how many of the next, and when it was of
  // the last.
  std::uint32_t told_of_ = 1, untold_ = 1;
  nanoseconds told_at_{0};
  Latency latency_;
  int index_;
  Fixtures fixtures_;
};

}  // namespace convoy
