// What a model is: how many seats a crew has under it, and how those are run.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "harness/model/runtime.hpp"

namespace convoy {

struct Workload;

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
  std::optional<Runtime> runtime{};  // who does its workers' jobs in their place
  bool in_quick = true;  // suites other than the full one have it where nobody asks for others

  // Of a crew with so many bodies: `carriers` of each interpreter, and so many of those at most.
  int seats_of(int bodies, int carriers, int most_interpreters) const {
    return seats(bodies, carriers * (divisible ? most_interpreters : 1));
  }
  // How many interpreters they are dealt over, each in a process, with a lock and event loops of
  // its own.
  int interpreters_of(int bodies, int carriers, int most_interpreters) const {
    const int all = seats_of(bodies, carriers, most_interpreters);
    if (own_locks) return all;
    return divisible ? std::min(most_interpreters, all) : 1;
  }
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

// What looped models have: a seat a carrier, and no more than workers; and what they run: a seat on
// the calling thread where there is one, else a thread each, and one interpreter lock.
int seats_on_carriers(int workers, int carriers);
void run_on_carriers(Crew& crew, const std::vector<int>& seats);

}  // namespace convoy
