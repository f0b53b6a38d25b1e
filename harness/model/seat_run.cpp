// The life of one seat, the same under every model.
#include <fmt/format.h>
#include <malloc.h>
#include <sys/prctl.h>

#include <algorithm>
#include <optional>

#include "harness/base/check.hpp"
#include "harness/loop/fibers.hpp"
#include "harness/machine/counters.hpp"
#include "harness/machine/pinning.hpp"
#include "harness/machine/yardstick.hpp"
#include "harness/model/crew.hpp"
#include "harness/model/overflow_watch.hpp"
#include "harness/sync/deadlock.hpp"
#include "harness/work/workload.hpp"

namespace convoy {

// What a piece takes of the heap, with what the heap puts before it.
static std::size_t heap_bytes(void* piece) { return ::malloc_usable_size(piece) + sizeof(size_t); }

// One seat's workers and what they need, on the seat's own stack. Used by that seat only.
class Crew::SeatRun {
 public:
  SeatRun(Crew& crew, int index, Gil& gil)
      : crew_(crew),
        arena_(crew.arena_),
        slot_(crew.arena_.slot(index)),
        seat_(crew.make_seat(index)),
        gil_(gil),
        indexes_(crew.workers_of(index)) {
    const bool looped = crew.plan_.model->looped;
    bind(index);
    if (crew_.recording_ != nullptr) make_recorder(index);
    if (crew_.plan_.counted) hardware_.emplace(*crew_.plan_.counted);
    gil_.admit(seat_);
    if (looped) loop_.emplace(crew.plan_.engine, gil, seat_);
    if (looped && crew.waits_ != nullptr && crew.plan_.seats() > 1) loop_->expect_mail();
    if (crew.plan_.model->stackful) give_stacks(indexes_.size());
    station_.emplace(crew.plan_.setup, seat_, gil, loop_ ? &*loop_ : nullptr);
    station_->set_running(arena_.foreground());
    station_->set_matrix(arena_.matrix());
    station_->set_waits(crew.waits_);
    station_->set_shared_fixtures(crew.shared_);
    workers_.reserve(indexes_.size());
    tasks_.reserve(indexes_.size());
    for (const int worker : indexes_) {
      workers_.emplace_back(*station_, worker);
      if (worker >= crew.plan_.workers()) continue;
      ++slot_.foreground_workers;
      workers_.back().make_local_fixtures();
    }
  }

  void work() {
    std::uint32_t round = 0;
    while (arena_.await_round(round)) {
      if (arena_.kind() == RoundKind::yardstick) {
        measure_cpu(round);
        continue;
      }
      prepare();
      const bool measured = arena_.kind() == RoundKind::measured;
      const ThreadUsage before = meter_.read();
      SeatReport& report = slot_.report;
      HardwareCounters* const counters = measured && hardware_ ? &*hardware_ : nullptr;
      const Arena::Start start = arena_.cross_start_line(round, slot_.account, counters);
      report.begin = start.at;
      seat_.last_checkpoint = report.begin;
      // The seat is asked first, whose line is at hand: a miss here would be part of every round.
      const bool recorded = seat_.recorder != nullptr && recorder_.has_value();
      if (recorded) recorder_->begin_round(report.begin - nanoseconds(seat_.waits.gate_ns));
      measured ? run_measured() : run_workers();
      if (recorded) recorder_->end_round();
      report.end = now();
      report.cpu_ns = (thread_cpu_time() - start.cpu).count();
      report.hardware = counters != nullptr ? counters->stop() : HardwareCounts();
      account(meter_.read(), before);
      arena_.finish();
    }
  }

 private:
  void bind(int index) {
    const CpuSet& cpus = crew_.plan_.seat_cpus[static_cast<std::size_t>(index)];
    seat_.gil_accounting = crew_.plan_.gil_accounting;
    if (crew_.plan_.named_seats) ::prctl(PR_SET_NAME, ("seat " + std::to_string(index)).c_str());
    pinning_ = cpus.empty() ? unpinned("no place was asked for") : bind_this_thread(cpus);
    slot_.pinned = pinning_.pinned;
    slot_.read_back.set(pinning_.read_back);
    slot_.pinning_reason.set(pinning_.reason);
  }

  void give_stacks(std::size_t workers) {
    loop_->give_stacks(static_cast<std::size_t>(crew_.plan_.fiber_stack), workers,
                       crew_.plan_.seats());
    overflow_.emplace(arena_, seat_.index, *loop_->fibers());
    const FiberStacks& stacks = loop_->fibers()->stacks();
    slot_.unguarded_fibers = static_cast<int>(stacks.count() - stacks.guarded());
  }

  void measure_cpu(std::uint32_t round) {
    arena_.cross_start_line(round, slot_.account);
    const auto& yardsticks = crew_.plan_.yardsticks;
    const auto index = static_cast<std::size_t>(seat_.index);
    const bool here = index < yardsticks.size() && yardsticks[index];
    slot_.yardstick = here ? lay_yardstick(meter_) : nanoseconds(0);
    arena_.finish();
  }

  // Null while the round is not recorded.
  StateRecorder* recorder() {
    return arena_.kind() == RoundKind::recorded && recorder_ ? &*recorder_ : nullptr;
  }

  void make_recorder(int index) {
    SeatRecord& record = crew_.recording_->record(index);
    // Seats of different processes may have their locks at the same address.
    record.interpreter[0] = ::getpid();
    record.interpreter[1] = reinterpret_cast<std::intptr_t>(&gil_);
    record.run_delay_known = meter_.run_delay().has_value();
    const auto events = crew_.recording_->buffer(index);
    std::fill(events.begin(), events.end(), TraceEvent{});  // faults the pages in
    recorder_.emplace(thread_clocks(meter_), record, events);
  }

  void prepare() {
    seat_.recorder = recorder();
    seat_.gil = {};
    seat_.waits = {};
    seat_.lost = 0;
    seat_.figures = {};
    seat_.latency.clear();
    tasks_.clear();
    // Nobody runs before all have arrived.
    if (seat_.index == 0) reset_shared_fixtures(crew_.plan_.setup, crew_.shared_);
    for (Worker& worker : workers_) {
      const Workload& workload = worker.setup().workload();
      const bool background = worker.index() >= worker.count();
      worker.begin_round(background ? 0 : arena_.operations_per_worker());
      tasks_.push_back((background ? workload.background : workload.body)(worker));
      if (tasks_.size() == 1) slot_.frame_bytes = heap_bytes(tasks_.back().handle().address());
      if (WaitSlot* const waits = worker.wait_slot()) {
        waits->begin_round();
        tasks_.back().tell_end_in(waits->done);
      }
    }
  }

  // What `scripts/convoy gate --instructions` has callgrind count, which knows it by its name.
  [[gnu::noinline]] void run_measured() {
    run_workers();
    asm volatile("");  // it does not become run_workers itself, and is left after it
  }

  // Holds the lock, which a body that throws must not keep from the other seats.
  void run_workers() {
    gil_.acquire(seat_);
    try {
      if (loop_) loop_->run(tasks_, indexes_);
      else run_tasks();
    } catch (const SeatMustExit&) {
      throw;  // without the lock, which is no more
    } catch (...) {
      fail();
      gil_.release(seat_, ReleaseReason::exit);
      throw;
    }
    // Before the release, lest a holder that only computes be waited for once more.
    // Only if somebody is: all seats write that word, which takes the time of a miss or two.
    if (background_) arena_.finish_foreground(slot_.foreground_workers);
    gil_.release(seat_, ReleaseReason::exit);
  }

  // While it still holds the lock, which is part of what went wrong; the first reason counts.
  void fail() {
    std::string reason = describe_exception();
    // Where an event loop has nobody left to resume, its workers wait for each other.
    if (std::string deadlock; crew_.waits_ != nullptr && nobody_left()) {
      deadlock = describe_deadlock(*crew_.waits_);
      if (deadlock.empty())
        deadlock = "no worker is left to end a wait: " + describe_waits(*crew_.waits_, now());
      reason = deadlock;
    }
    arena_.fail(fmt::format("seat {}: {}{}", seat_.index, reason,
                            describe_hold(crew_.plan_, slot_.account)));
  }

  static bool nobody_left() {
    try {
      throw;
    } catch (const NobodyLeft&) {
      return true;
    } catch (...) {
      return false;
    }
  }

  void run_tasks() {
    for (std::size_t i = 0; i < tasks_.size(); ++i) {
      Task& task = tasks_[i];
      const RecordedTask recorded(seat_.recorder, indexes_[i], kTaskStarts);
      task.resume();
      CONVOY_CHECK(task.done(), "a worker of a blocking model suspended");
      task.rethrow();
    }
  }

  void account(const ThreadUsage& after, const ThreadUsage& before) {
    SeatReport& report = slot_.report;
    const ThreadUsage used = after - before;
    report.run_delay_ns = used.run_delay.value_or(nanoseconds(-1)).count();
    report.switches_voluntary = used.switches_voluntary;
    report.switches_involuntary = used.switches_involuntary;
    report.migrations = used.migrations.value_or(-1);
    report.page_faults = used.faults_minor + used.faults_major;
    seat_.waits.gil_ns = seat_.gil.wait_ns;
    for (std::size_t i = 0; i < workers_.size(); ++i) {
      CONVOY_CHECK(workers_[i].remaining() == 0, "a worker ended before its budget was used up");
      arena_.checksum(indexes_[i]) = workers_[i].checksum();
    }
    if (overflow_)
      if (const auto worker = loop_->fibers()->overrun()) overflow_->fail(*worker);
    if (loop_) {
      slot_.engine.set(loop_->engine());
      slot_.file_io.set(loop_->file_io());
    } else if (seat_.blocking_file_io) {
      slot_.file_io.set("blocking");
    }
    if (pinning_.pinned) verify_pinning(pinning_);
    slot_.pinned = pinning_.pinned;
    slot_.read_back_end.set(pinning_.read_back);
    slot_.pinning_reason.set(pinning_.reason);
  }

  Crew& crew_;
  Arena& arena_;
  Slot& slot_;
  Seat& seat_;
  Gil& gil_;
  const bool background_ = crew_.plan_.setup.background_workers() > 0;
  std::vector<int> indexes_;
  Pinning pinning_;
  std::optional<Station> station_;
  std::vector<Worker> workers_;
  std::vector<Task> tasks_;
  std::optional<OverflowWatch> overflow_;  // before the loop, which ends what still waits
  std::optional<Loop>
      loop_;  // after the tasks, so destroyed before them and before the fixtures' descriptors
  ThreadMeter meter_;
  std::optional<StateRecorder> recorder_;
  std::optional<HardwareCounters> hardware_;
};

void Crew::run_seat(int seat, Gil& gil) {
  try {
    SeatRun(*this, seat, gil).work();
  } catch (const SeatMustExit&) {
    arena_.fail("seat " + std::to_string(seat) +
                ": its interpreter ended while the seat was not holding the lock");
  } catch (...) {
    arena_.fail_with_exception("seat " + std::to_string(seat) + ": ");
  }
}

}  // namespace convoy
