// What a crew is: one workload's workers under one model, lock and placement, as the controller
// planned them.
#pragma once

#include <algorithm>
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
#include "harness/model/recording.hpp"
#include "harness/work/fixture.hpp"
#include "harness/work/wait_table.hpp"

namespace convoy {

class Crew;

// What a model file registers. `run` starts these seats, each of which calls Crew::run_seat, with
// one interpreter lock for all of them, and returns when every one has ended. It is called on the
// main thread of the host or, where a crew has several interpreters, of each one's process.
struct Model {
  std::string name;
  std::string description;
  bool looped;  // its workers sit on event loops, and --carriers and --engine concern it
  int (*seats)(int workers, int carriers);
  void (*run)(Crew& crew, const std::vector<int>& seats);
  bool own_locks = false;  // each of its seats is a process, with an interpreter lock to itself
  bool divisible = false;  // its seats may be dealt over several interpreters: --interpreters
  bool serial = false;     // its workers run one after another
  bool stackful = false;   // looped, with a stack a worker: --fiber-stack concerns it
  bool in_quick = true;    // suites other than the full one have it where nobody asks for others
};

class ModelRegistration {
 public:
  explicit ModelRegistration(Model model);
};

// Every model linked in, sorted by name; and one of them, or a UsageError that names them.
const std::vector<Model>& models();
const Model& find_model(const std::string& name);
// Whether the workload's workers can do their work under the model, in so many interpreters.
bool offers(const Workload& workload, const Model& model, int interpreters = 1);

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
  bool spin_gate =
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
  int seats() const {
    return model->seats(setup.bodies(), carriers * (model->divisible ? most_interpreters : 1));
  }
  // How many interpreters there are, each in a process, with a lock and event loops of its own.
  int interpreters() const {
    if (model->own_locks) return seats();
    return model->divisible ? std::min(most_interpreters, seats()) : 1;
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

// What looped models run: a seat on the calling thread where there is one, else a thread each, and
// one interpreter lock.
void run_on_carriers(Crew& crew, const std::vector<int>& seats);

// "; seat 1 held the lock for 3.2 s", when a crew fails, or nothing: where the seat did not hold
// it, nobody shares the lock with it, or the lock keeps nobody out. The seat stands still, or is
// the caller's.
std::string describe_hold(const CrewPlan& plan, const SeatAccount& seat);

}  // namespace convoy
