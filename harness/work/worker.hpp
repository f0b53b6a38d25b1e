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
#include "harness/work/station.hpp"

namespace convoy {

template <class Suspended>
class WaitFor;
// The awaiters of calls on descriptors, and of sleeps and turns.
using Wait = WaitFor<Operation>;
using Pause = WaitFor<Suspension>;
struct WaitSlot;

// One concurrent body on one seat, which it never leaves. Made by a model for a crew, reset for
// each round; used by the body alone. Waits block in the calling thread unless the station has a
// waiter. It is one cache line, since there may be a million.
class alignas(64) Worker {
 public:
  Worker(Station& station, int index);

  // Begins the next operation; false when this round's budget is used up.
  bool next() {
    if (timed_) [[unlikely]]
      note_operation();
    if (remaining_ == 0) return false;
    --remaining_;
    return true;
  }
  // True until every foreground worker is done, for background workers.
  bool running() const { return station_->running(); }
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
  Pause sleep(nanoseconds duration);
  Wait read(int fd, std::span<char> buffer, off_t offset = -1);
  Wait write(int fd, std::span<const char> buffer, off_t offset = -1);
  Wait recv(int fd, std::span<char> buffer);
  Wait send(int fd, std::span<const char> buffer);
  Wait accept(int fd);
  Wait connect(int fd, const sockaddr* address, socklen_t size);
  Wait fsync(int fd);
  // For a client library that owns its socket: until the descriptor can be read, or written,
  // without waiting, or has failed, of which the library's next call tells. Its flags stay as they
  // are.
  Wait readable(int fd);
  Wait writable(int fd);
  Pause turn();

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
  int count() const { return setup().workers(); }
  // A parameter's value, or the fixture made for this worker.
  template <class P>
    requires std::is_base_of_v<ParameterBase, P>
  auto operator[](const P& parameter) const {
    return setup()[parameter];
  }
  template <class F>
    requires std::is_base_of_v<FixtureBase, F>
  typename F::Value& operator[](const F& fixture) const {
    return *static_cast<typename F::Value*>(fixture_address(fixture));
  }

  // For models: a new round with so many operations; the checksum starts again.
  void begin_round(std::uint64_t operations);
  // On its seat and after pinning.
  void make_local_fixtures() { station_->make_local_fixtures(place_, index_); }
  std::uint64_t checksum() const { return checksum_; }
  std::uint64_t remaining() const { return remaining_; }
  const Setup& setup() const { return station_->setup(); }

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
  template <class Suspended>
  friend class WaitFor;
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
  void block(Suspension& suspension);
  // Of a sleep that was to end then.
  void note_lateness_of(nanoseconds deadline);
  Tally& tally(const Figure& figure) const;
  void* fixture_address(const FixtureBase& fixture) const;
  // One multiplication and one rotation a value: cheap, and any change or swap shows.
  void mix(std::uint64_t value) {
    checksum_ = std::rotl((checksum_ ^ value) * 0x9E3779B97F4A7C15U, 29);
  }

  std::uint64_t remaining_ = 0;
  std::uint64_t checksum_ = 0;
  // The station's, at hand.
  Seat* seat_;
  Gil* gil_;
  Waiter* waiter_;
  Station* station_;
  WaitSlot* wait_slot_ = nullptr;
  int index_;
  std::uint32_t place_ : 31;     // at the station
  std::uint32_t timed_ : 1 = 0;  // operations are timed into the seat's histogram, or recorded
};
static_assert(sizeof(Worker) == 64);

}  // namespace convoy
