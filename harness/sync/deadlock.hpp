// Reads the table of waits: finds deadlocks, says who waits for what, and warns of locks that are
// taken in opposite orders.
#pragma once

#include <string>
#include <vector>

#include "harness/base/clock.hpp"
#include "harness/work/wait_table.hpp"

namespace convoy {

// Finds workers that will wait for ever, since whoever could end their waits is one of them or is
// done with its round. Used by the controller while the crew runs; never blocks.
//
// It looks twice. A wait's count changes with every wait, so two looks that see the same waits see
// waits that have not ended in between, and what is held by who waits cannot have been let go: a
// deadlock that both looks see is one. Waits with a limit and waits that anybody may end (for
// events and conditions) are none.
class DeadlockFinder {
 public:
  explicit DeadlockFinder(const WaitTable& table) : table_(table) {}

  // What the last two looks have in common: "deadlock: worker 0 holds 'a' and waits for 'b'; worker
  // 1 holds 'b' and waits for 'a'", or nothing. Looks should be some 50 ms apart.
  std::string look();

 private:
  struct Stuck {
    int worker;
    StandingWait wait;
    std::vector<int> freed_by;  // workers, each of them stuck or done
  };
  std::vector<Stuck> find() const;
  std::string describe(const std::vector<Stuck>& stuck) const;

  const WaitTable& table_;
  std::vector<Stuck> last_;
};

// The same in one look, for when the crew stands still.
std::string describe_deadlock(const WaitTable& table);

// "worker 0 holds 'a' and has waited for 'b' (mutex) for 1.2 s": of each worker that waits, and of
// who holds something; of some where they are many.
std::string describe_waits(const WaitTable& table, nanoseconds time);

// "worker 1 ended its round with 'a' (mutex) held", or nothing. Read after a round.
std::string describe_kept(const WaitTable& table);

// "'a' before 'b' in worker 0, 'b' before 'a' in worker 1: they can deadlock", once a cycle of
// locks that were taken while others were held. Read after a round.
std::vector<std::string> describe_order_cycles(const WaitTable& table);

}  // namespace convoy
