// Whether the machine has room for a crew, known before it is started: the memory and the processes
// it would need against those there are.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "harness/model/host.hpp"

namespace convoy {

// What there is room for; absent where the machine does not say.
struct MachineRoom {
  std::optional<std::int64_t> memory_bytes;
  // Threads that may be started at the same time, and what says so: "kernel.pid_max is 32768".
  std::optional<std::int64_t> threads;
  std::string threads_limit;
};
// Reads /proc and /sys; some 100 us.
MachineRoom room_of_machine();

// What crews took so far and, after that, how much a larger one will take. Owned by the controller.
class Room {
 public:
  // So many workers of this workload under this model took so much.
  void learn(const CrewPlan& plan, const CrewMemory& memory);
  // Throws MachineRefused, with the figures, where the crew would need more than there is: the
  // kernel would end some process, perhaps another, when it has come half way.
  void check(const CrewPlan& plan, const MachineRoom& room) const;
  bool fits(const CrewPlan& plan, const MachineRoom& room) const {
    return refusal(plan, room).empty();
  }

 private:
  struct Known {
    int workers = 0;  // the most so far
    double bytes_each = 0;
  };
  Known known(const CrewPlan& plan) const;
  std::string refusal(const CrewPlan& plan, const MachineRoom& room) const;

  std::map<std::string, Known> known_;  // by workload and model
};

}  // namespace convoy
