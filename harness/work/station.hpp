// What the workers on one seat have in common, and what only some of them need.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

#include "harness/base/clock.hpp"
#include "harness/base/seat.hpp"
#include "harness/gil/gil.hpp"
#include "harness/work/fixture.hpp"

namespace convoy {

class Waiter;
class WaitTable;

// Made by a model for a seat before its workers, which it outlives, and used by the seat's thread
// alone. What a body touches in every operation is in the Worker itself; all that a million of them
// can share, or need in some rounds only, is here.
class Station {
 public:
  // `waiter`: null where waits block in the calling thread.
  Station(const Setup& setup, Seat& seat, Gil& gil, Waiter* waiter)
      : setup_(&setup), seat_(&seat), gil_(&gil), waiter_(waiter) {}

  // --- For models, before the workers are made.
  void set_running(const std::atomic<std::uint32_t>& running) { running_ = &running; }
  // The crew's, a row a worker; see MatrixFigure.
  void set_matrix(std::span<double> cells) { matrix_ = cells; }
  // Where objects that workers wait for are told; without it none can be waited for.
  void set_waits(const WaitTable* waits) { waits_ = waits; }
  // Made once in the host; see fixture.hpp.
  void set_shared_fixtures(Fixtures shared) { shared_ = std::move(shared); }

  const Setup& setup() const { return *setup_; }
  Seat& seat() const { return *seat_; }
  Gil& gil() const { return *gil_; }
  Waiter* waiter() const { return waiter_; }
  const WaitTable* waits() const { return waits_; }
  std::span<double> matrix() const { return matrix_; }
  // True until every foreground worker is done.
  bool running() const {
    // Relaxed: only the value matters, nothing is read through it.
    return running_ == nullptr || running_->load(std::memory_order_relaxed) != 0;
  }

  // What one worker needs where its operations are timed.
  struct Timing {
    nanoseconds operation_began{-1};
    // A recorder is told of one operation in `told_of`: in how many of the next, and when it was of
    // the last.
    std::uint32_t told_of = 1, untold = 1;
    nanoseconds told_at{0};
  };

  // --- For workers, who have their places in the order in which they were made.
  std::uint32_t next_place() { return places_++; }
  void make_local_fixtures(std::uint32_t place, int index);
  void* fixture(std::size_t position, std::uint32_t place) const {
    if (place < local_.size() && local_[place].size() > position && local_[place][position])
      return local_[place][position].get();
    return shared_[position].get();
  }
  Timing& timing(std::uint32_t place) {
    if (place >= timings_.size()) timings_.resize(places_);
    return timings_[place];
  }

 private:
  const Setup* setup_;
  Seat* seat_;
  Gil* gil_;
  Waiter* waiter_;
  const std::atomic<std::uint32_t>* running_ = nullptr;
  std::span<double> matrix_;
  const WaitTable* waits_ = nullptr;
  Fixtures shared_;
  std::vector<Fixtures> local_;  // by place; empty where no fixture is local
  std::vector<Timing> timings_;  // by place; empty until operations are timed
  std::uint32_t places_ = 0;
};

}  // namespace convoy
