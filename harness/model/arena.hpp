// The memory a crew and the controller share: the start line, the budget, and a slot a seat.
// lint: long because seats and controller follow one protocol
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "harness/base/futex.hpp"
#include "harness/base/mapping.hpp"
#include "harness/base/seat.hpp"
#include "harness/base/unique_fd.hpp"
#include "harness/machine/counters.hpp"
#include "harness/machine/cpu_set.hpp"

namespace convoy {

// A CPU set of fixed size, for shared memory: up to 4096 CPUs.
struct SharedCpuSet {
  std::array<unsigned long, 64> words{};
  void set(const CpuSet& cpus);
  CpuSet get() const;
};

// Text of fixed size, for shared memory; longer text is cut.
struct SharedText {
  std::array<char, 480> text{};
  void set(std::string_view value);  // in a signal handler, too
  std::string get() const;
};

// What a round is for. The work is the same.
enum class RoundKind {
  readying,   // an answer is checked, a budget found, or caches warmed
  measured,   // a sample is made of it
  recorded,   // seats that have a recorder tell it of this round
  yardstick,  // no work: seats that the plan names measure the speed of their CPUs
};

// What one seat reports of one round, written before it counts itself finished.
struct SeatReport : SeatTimes, KernelCounts {
  nanoseconds begin{0}, end{0};  // on the clock of now()
  HardwareCounts hardware;
};

// Written by each process of the crew before its first round.
struct CrewProcess {
  pid_t pid = 0;
  std::int64_t inherited_bytes = 0;  // anonymous_bytes() when it was forked
};

// A seat's part of the arena; cache lines of its own.
struct alignas(128) Slot {
  SeatAccount account;
  SeatReport report;
  nanoseconds yardstick{0};  // what it took in the last such round; 0: the seat laid none
  int foreground_workers = 0;
  std::size_t frame_bytes = 0;  // see RoundReport
  std::uint32_t pinned = 0;  // bound as asked and read back the same, at the start and at the end
  SharedCpuSet read_back, read_back_end;
  SharedText pinning_reason, engine, file_io;
  int unguarded_fibers = 0;  // whose stacks have no guard: see FiberStacks
  CrewProcess process;       // pid 0 where the seat is a thread of the host
};

// Made by the controller before it forks the host. Layout: header, slots, one checksum a body (of
// the workers, which a round waits for, and then of those in the background), the matrix.
//
// A round: the controller writes the budget and arms it; every seat wakes, prepares and arrives;
// the last to arrive rings the bell; the controller opens the start line; every seat works, reports
// and finishes; the last to finish rings the bell.
class Arena {
 public:
  static constexpr nanoseconds kReasonPatience = std::chrono::seconds(1);

  // `cells`: of the matrix, see MatrixFigure.
  Arena(int seats, int bodies, std::size_t cells = 0);

  // How many of the bodies a round waits for: all, unless told before the first round.
  void set_foreground(int workers) { foreground_workers_ = workers; }

  // --- Controller's side. Never blocks.
  void arm(std::uint64_t operations_per_worker, RoundKind kind = RoundKind::readying);
  void open_start_line(bool spin);
  void stop();
  bool stopped() const;
  bool all_arrived() const;
  bool all_finished() const;
  std::string failure() const;
  // Sleeps while somebody is writing why the crew fails, for `patience` at most.
  void await_failure(nanoseconds patience = kReasonPatience) const;
  int bell() const { return bell_.get(); }
  void silence_bell();

  // --- Seats' side; each blocks on a futex.
  // Waits for the next round; false at the end. `round` is the last one that this seat worked in.
  bool await_round(std::uint32_t& round);
  // When a seat began, and what its CPU clock had said at most some microseconds before.
  struct Start {
    nanoseconds at, cpu;
  };
  // Reports in and crosses the start line when it opens, adds the wait to the account, starts
  // counting.
  Start cross_start_line(std::uint32_t round, SeatAccount& seat,
                         HardwareCounters* counters = nullptr);
  // Its foreground workers are done: the background ones learn when the last of them is.
  void finish_foreground(int workers);
  void finish();
  // Records why this crew cannot go on; the first reason wins. Who comes second waits until the
  // first has written, lest the crew end before; where that takes longer than `patience`, because
  // the first died meanwhile, the second reason stands in. Any thread or process of the crew.
  void fail(const std::string& reason, nanoseconds patience = kReasonPatience);
  // The same where it is the machine that has no more of what the crew needs: processes, threads,
  // descriptors, memory. That is no defect of anybody's.
  void refuse(const std::string& reason);
  bool refused() const;
  // One of the two, with the text of the exception being handled behind `where`.
  void fail_with_exception(const std::string& where);
  // From now on a check that fails in the calling process fails the crew with its message.
  void hear_failed_checks();
  // The two halves of fail(): who is told true writes. Signal handlers may call them.
  bool claim_failure();
  void publish_failure(std::string_view reason);

  std::uint64_t operations_per_worker() const { return header().operations; }
  RoundKind kind() const { return header().kind; }
  Slot& slot(int seat) const;
  std::uint64_t& checksum(int body) const;
  // Not numbers until they are told, in every round anew.
  std::span<double> matrix() const;
  int seats() const { return seats_; }
  const Mapping& mapping() const { return mapping_; }
  CrewProcess& host() const { return header().host; }
  // Non-zero while foreground workers run; what Worker::running() reads.
  std::atomic<std::uint32_t>& foreground() const { return header().foreground; }

 private:
  // States of a reason: not given, being written, complete.
  static constexpr std::uint32_t kNone = 0, kClaimed = 1, kComplete = 2;
  struct Header {
    FutexWord round{0};       // the armed round, counted from 1; kStop ends the crew
    FutexWord start_line{0};  // the round whose start line is open
    // Why the crew failed, and what stands in where that was never written.
    FutexWord failed{kNone}, failed_second{kNone};
    std::atomic<bool> refused{false};  // see refuse(); relaxed: `failed` publishes it
    std::atomic<std::uint32_t> arrived{0}, finished{0}, foreground{0};
    std::atomic<std::int64_t> start_at_ns{0};  // when spinning seats begin; 0: as soon as they wake
    CrewProcess host;
    std::uint64_t operations = 0;
    RoundKind kind = RoundKind::readying;
    SharedText failure, second_failure;
  };
  static constexpr std::uint32_t kStop = 0xFFFFFFFF;

  Header& header() const { return *static_cast<Header*>(mapping_.data()); }
  void ring_bell();

  int seats_, bodies_, foreground_workers_;
  std::size_t cells_;
  Mapping mapping_;
  UniqueFd bell_;
};

// The text of the exception being handled.
std::string describe_exception();

}  // namespace convoy
