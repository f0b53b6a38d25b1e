// What a crew is: one workload's workers under one model, lock and placement, as the controller
// planned them.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/gil/gil.hpp"
#include "harness/loop/fiber_stacks.hpp"
#include "harness/loop/loop.hpp"
#include "harness/machine/cpu_set.hpp"
#include "harness/model/arena.hpp"
#include "harness/model/model.hpp"
#include "harness/model/recording.hpp"
#include "harness/work/fixture.hpp"
#include "harness/work/wait_table.hpp"

namespace convoy {

// Everything a crew needs, decided by the controller before the host is forked. An empty CPU set
// leaves a seat unbound.
struct CrewPlan {
  const Model* model = nullptr;
  Setup setup;
  GilSpec gil;
  int carriers = 1;           // of each interpreter
  int most_interpreters = 1;  // over which a divisible model deals its workers
  Engine engine = Engine::automatic;
  std::int64_t fiber_stack = FiberStackSize::kUsual;  // of stackful models
  bool gil_accounting = true;
  std::vector<CpuSet> seat_cpus;  // one a seat
  bool spin_at_start =
      false;  // every seat has a CPU of its own, so seats may spin to the agreed instant
  // Which seats measure their CPUs in rounds for that: one for each CPU; empty for none.
  std::vector<bool> yardsticks = {};
  bool named_seats = false;             // threads are called "seat 0" ..., for profilers
  std::size_t events = 0;               // of each seat's recorder; 0: seats have none
  std::optional<PerfEvents> counted{};  // what seats have the processor count in measured rounds

  // For answers: waits take no time, and of the workers only these are there; all, where empty.
  bool virtual_time = false;
  std::vector<int> only_bodies = {};

  int workers() const { return setup.workers(); }
  // Background workers have seats, too.
  int seats() const { return model->seats_of(setup.bodies(), carriers, most_interpreters); }
  int interpreters() const {
    return model->interpreters_of(setup.bodies(), carriers, most_interpreters);
  }
  // Whether those are processes that the host has forked; a single one may be the host itself.
  bool forked() const { return model->own_locks || interpreters() > 1; }
};

// The seats of an interpreter, dealt out in turn.
std::vector<int> seats_of(int interpreter, const CrewPlan& plan);

// The bodies that sit on a seat: they are dealt out in turn, background workers last.
std::vector<int> bodies_of(int seat, int seats, int bodies);

// A crew inside its host. Made after the fork; used by the host's main thread and, for run_seat, by
// the seats.
class Crew {
 public:
  // `waits`: null where the workload has no objects to wait on.
  Crew(const CrewPlan& plan, Arena& arena, const Recording* recording, WaitTable* waits = nullptr);

  // The life of one seat: bind, make the workers' fixtures, work in every round, report. Returns at
  // the end of the crew or after a failure, which it has recorded.
  void run_seat(int seat, Gil& gil);

  const CrewPlan& plan() const { return plan_; }
  Arena& arena() const { return arena_; }
  const WaitTable* waits() const { return waits_; }
  std::unique_ptr<Gil> make_interpreter_lock() const { return make_gil(plan_.gil); }
  // Runs `seat_body` for each of these seats on a thread of its own and joins them. Failures to
  // start are recorded.
  void run_threads(const std::vector<int>& seats, const std::function<void(int seat)>& seat_body);

 private:
  class SeatRun;

  std::vector<int> workers_of(int seat) const {
    if (!plan_.only_bodies.empty()) return plan_.only_bodies;
    return bodies_of(seat, plan_.seats(), plan_.setup.bodies());
  }
  Seat& make_seat(int index);

  const CrewPlan& plan_;
  Arena& arena_;
  const Recording* recording_;
  WaitTable* waits_;
  Fixtures shared_;
  // One seat each makes its own, and they stay: a lock may look at who held it last.
  std::vector<std::unique_ptr<Seat>> seats_;
};

// In the host, on its main thread: has the model run the crew, in as many processes as it has
// interpreters, and returns when every seat has ended.
void run_crew(Crew& crew);

// "; seat 1 held the lock for 3.2 s", when a crew fails, or nothing: where the seat did not hold
// it, nobody shares the lock with it, or the lock keeps nobody out. The seat stands still, or is
// the caller's.
std::string describe_hold(const CrewPlan& plan, const SeatAccount& seat);

}  // namespace convoy
