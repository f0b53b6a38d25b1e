// A worker on the calling thread's seat, as the model `single` makes one, without a host around it.
#pragma once

#include <memory>
#include <string>

#include "harness/work/workload.hpp"

namespace convoy::self {

// Lives on the benchmark's own thread; holds the lock from its making to its end.
class CrewOfOne {
 public:
  explicit CrewOfOne(const std::string& gil, const std::string& workload, Waiter* waiter = nullptr)
      : gil_(make_gil(parse_gil(gil))),
        setup_(find_workload(workload), find_workload(workload).initial_arguments(), 1),
        station_(setup_, *seat_, *gil_, waiter) {
    seat_->gil_accounting = false;
    gil_->admit(*seat_);
    gil_->acquire(*seat_);
    worker_ = std::make_unique<Worker>(station_, 0);
  }
  CrewOfOne(const CrewOfOne&) = delete;
  ~CrewOfOne() { gil_->release(*seat_, ReleaseReason::exit); }

  Gil& gil() { return *gil_; }
  Seat& seat() { return *seat_; }
  Worker& worker() { return *worker_; }
  const Setup& setup() const { return setup_; }
  // Of other workers on this seat.
  Station station(Waiter* waiter, const WaitTable* waits = nullptr) {
    Station station(setup_, *seat_, *gil_, waiter);
    station.set_waits(waits);
    return station;
  }

 private:
  std::unique_ptr<SeatAccount> account_ = std::make_unique<SeatAccount>();
  std::unique_ptr<Seat> seat_ = std::make_unique<Seat>(*account_);
  std::unique_ptr<Gil> gil_;
  Setup setup_;
  Station station_;
  std::unique_ptr<Worker> worker_;
};

}  // namespace convoy::self
