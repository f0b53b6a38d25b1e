// The forked process a crew runs in, as the controller sees it: start it, run rounds in it, end it,
// and lose nothing.
#pragma once

#include <sys/types.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "harness/base/interruption.hpp"
#include "harness/base/unique_fd.hpp"
#include "harness/machine/memory.hpp"
#include "harness/machine/stacks.hpp"
#include "harness/model/arena.hpp"
#include "harness/model/crew.hpp"
#include "harness/sync/deadlock.hpp"

namespace convoy {

// A crew that could not do its round: a worker threw, died or outlived its limit. The message is
// the row's reason.
class CrewFailure : public std::runtime_error {
 public:
  explicit CrewFailure(const std::string& reason, std::vector<ThreadStack> stacks = {})
      : std::runtime_error(reason), stacks_(std::move(stacks)) {}
  // Where its threads were when it had outlived its limit; empty after other failures.
  const std::vector<ThreadStack>& stacks() const { return stacks_; }

 private:
  std::vector<ThreadStack> stacks_;
};

// A crew that the machine has no room for: too few processes, threads or descriptors, or too little
// memory. The message says which, and how far it came.
class MachineRefused : public CrewFailure {
 public:
  using CrewFailure::CrewFailure;
};

// Pinning as read back in one seat.
struct SeatPinning {
  bool pinned = false;
  CpuSet asked, read_back, read_back_end;
  std::string reason;
};

// What the controller learns of one round.
struct RoundReport {
  nanoseconds wall{0};        // last end minus first begin
  nanoseconds start_skew{0};  // last begin minus first begin
  std::uint64_t operations = 0;
  std::vector<SeatReport> seats;
  std::vector<SeatWaits> waits;
  std::uint64_t lost = 0;                // see Seat
  std::vector<GilAccount> gil;           // histograms included
  std::vector<Tally> figures;            // one a figure of the workload, over all seats
  std::vector<std::uint64_t> checksums;  // one a worker
  std::vector<double> matrix;            // see MatrixFigure
  std::vector<SeatPinning> pinning;
  Histogram latency;
  std::string engine, file_io;
  std::size_t frame_bytes = 0;     // of the heap, for the coroutine frame of a body; 0: not known
  std::vector<std::string> notes;  // what a reader should know
};

// What the processes of a crew have in memory, in bytes, without what they inherited from the
// controller and without pages of files, such as their code. Absent where the kernel does not say.
struct CrewMemory {
  // The most that was resident of each, added up: a page that some share counts for each of them.
  std::optional<std::int64_t> peak_rss_bytes;
  // What they have now, with each shared page divided among its users.
  std::optional<std::int64_t> pss_bytes;
  // What the kernel has now for its own use, less what it had before the crew was started; where
  // others did much meanwhile, that is theirs as well. `kernel_of`: see KernelMemory.
  std::optional<std::int64_t> kernel_bytes;
  const char* kernel_of = "";
};

// Owned by the controller, which must have one thread only. Its methods sleep (never spin) until
// the crew is done, fails or outlives `limit`; then the whole process group is killed and reaped,
// and CrewFailure is thrown.
class Host {
 public:
  explicit Host(const CrewPlan& plan);
  Host(const Host&) = delete;
  ~Host();

  // A recorded round fills recording(), which is null unless the plan asks for events.
  RoundReport run_round(std::uint64_t operations_per_worker, nanoseconds limit,
                        RoundKind kind = RoundKind::readying);
  // Has the seats that the plan names lay their yardsticks, all at once: what each took, 0 where
  // the plan names it not. Empty where it names none.
  std::vector<nanoseconds> lay_yardsticks(nanoseconds limit);
  // Of locks that were taken in opposite orders so far; read between rounds.
  std::vector<std::string> order_warnings() const;
  const Recording* recording() const { return recording_ ? &*recording_ : nullptr; }
  // After a round, while the crew sleeps and still has its fixtures and stacks. Takes 0.1 ms a
  // process, and longer where one has much.
  CrewMemory memory() const;
  // Lets every seat end, and checks the exit status.
  void stop(nanoseconds limit);
  pid_t pid() const { return pid_; }

 private:
  void start();
  void pass(std::uint64_t operations_per_worker, nanoseconds limit, RoundKind kind);
  template <class Condition>
  void wait_until(Condition condition, nanoseconds deadline, const char* what);
  bool poll_host(nanoseconds deadline, const InterruptionsHeld& held);
  bool has_ended() const;
  void look_for_deadlock(nanoseconds& next);
  std::string describe_standing_waits() const;
  std::vector<ThreadStack> stacks() const;
  [[noreturn]] void fail_at_limit(const char* what);
  RoundReport collect() const;
  [[noreturn]] void fail(const std::string& reason);
  [[noreturn]] void give_up(const std::string& reason) const;  // of a crew that has been killed
  // Leaves nothing of the crew, or says in trouble_ what is left. Its wait status.
  int kill_and_reap();
  std::string why_it_ended(int status, const std::string& holds) const;
  std::string describe_holds() const;  // of a crew that has been killed

  const CrewPlan& plan_;
  Arena arena_;
  std::optional<Recording> recording_;
  std::optional<WaitTable> waits_;  // where the workload has objects to wait on
  std::optional<DeadlockFinder> finder_;
  UniqueFd pidfd_;  // none where there is no such call, as under valgrind
  pid_t pid_ = -1;
  std::optional<KernelMemory> kernel_before_;
  std::string trouble_;
};

// "was killed by signal 9 (Killed)", "exited with status 3".
std::string describe_status(int status);

}  // namespace convoy
