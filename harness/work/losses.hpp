// What a workload declares whose workers may undo each other's updates.
#pragma once

namespace convoy {

struct Workload;

// A trait: an operation makes so many updates of what is shared, and those lost are told with
// Worker::lose.
struct CountsLost {
  int updates;
  void describe(Workload& workload) const;
};

}  // namespace convoy
