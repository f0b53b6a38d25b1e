// One workload under a blocking crew on the test's own thread: its answers, and what an answer
// would be.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "harness/gil/gil.hpp"
#include "harness/work/wait_table.hpp"
#include "harness/work/workload.hpp"

namespace convoy::test {

using Arguments = std::vector<std::pair<std::string, std::string>>;

inline std::vector<std::int64_t> resolve(const Workload& workload, const Arguments& given) {
  std::vector<std::int64_t> arguments = workload.initial_arguments();
  for (const auto& [name, text] : given) {
    const std::size_t index = workload.parameter_index(name);
    arguments[index] = workload.parameters[index]->parse(text, workload.name);
  }
  return arguments;
}

// Runs one worker after another, as the model `single` does. Used by the test's thread, which
// blocks as the waits do.
class Solo {
 public:
  explicit Solo(const std::string& name, const Arguments& arguments = {}, int workers = 1,
                const PeerAddress& peer = {})
      : workload_(find_workload(name)),
        setup_(workload_, resolve(workload_, arguments), workers),
        gil_(make_gil(parse_gil("none"))),
        waits_(workers, WaitTable::Crew{}) {
    setup_.set_peer(peer);
    gil_->admit(seat_);
    shared_ = make_shared_fixtures(setup_, &waits_);
    station_.set_waits(&waits_);
    station_.set_shared_fixtures(shared_);
    for (int i = 0; i < workers; ++i) {
      workers_.emplace_back(station_, i);
      workers_.back().make_local_fixtures();
    }
  }

  // A round of so many operations each; the checksums by worker. Throws what a body throws.
  std::vector<std::uint64_t> run(std::uint64_t operations) {
    std::vector<std::uint64_t> checksums;
    reset_shared_fixtures(setup_, shared_);
    for (Worker& worker : workers_) {
      worker.begin_round(operations);
      worker.wait_slot()->begin_round();
      gil_->acquire(seat_);
      Task task = workload_.body(worker);
      task.resume();
      gil_->release(seat_, ReleaseReason::exit);
      finished_ = finished_ && task.done();
      if (task.done()) task.rethrow();
      left_ += worker.remaining();
      checksums.push_back(worker.checksum());
    }
    return checksums;
  }
  bool finished() const { return finished_; }
  // Operations that were budgeted and not begun.
  std::uint64_t left() const { return left_; }
  const Seat& seat() const { return seat_; }

 private:
  const Workload& workload_;
  Setup setup_;
  SeatAccount account_;
  Seat seat_{account_};
  std::unique_ptr<Gil> gil_;
  WaitTable waits_;
  Fixtures shared_;
  Station station_{setup_, seat_, *gil_, nullptr};
  std::deque<Worker> workers_;
  bool finished_ = true;
  std::uint64_t left_ = 0;
};

// The checksum of a worker that kept these values in this order.
class Kept {
 public:
  Kept() { worker_.begin_round(0); }
  template <class T>
  Kept& operator<<(T value) {
    worker_.keep(value);
    return *this;
  }
  std::uint64_t checksum() const { return worker_.checksum(); }

 private:
  Setup setup_{find_workload("null"), {}, 1};
  SeatAccount account_;
  Seat seat_{account_};
  std::unique_ptr<Gil> gil_{make_gil(parse_gil("none"))};
  Station station_{setup_, seat_, *gil_, nullptr};
  Worker worker_{station_, 0};
};

}  // namespace convoy::test
