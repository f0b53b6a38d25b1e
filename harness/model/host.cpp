#include "harness/model/host.hpp"

#include <fmt/format.h>
#include <malloc.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <iterator>

#include "harness/base/check.hpp"
#include "harness/base/interruption.hpp"
#include "harness/base/process.hpp"
#include "harness/machine/memory.hpp"
#include "harness/work/workload.hpp"

namespace convoy {
namespace {

// How often the controller looks up where nothing rings when the host ends.
constexpr nanoseconds kLookForTheEnd = std::chrono::milliseconds(10);
// How long two looks at who waits for whom are apart.
constexpr nanoseconds kLookForDeadlock = std::chrono::milliseconds(50);

[[noreturn]] void run_host(const CrewPlan& plan, Arena& arena, const Recording* recording,
                           WaitTable* waits, pid_t controller) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != controller) ::_exit(1);  // the controller died before the line above
  allow_stacks_for(controller);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) std::signal(signal, SIG_DFL);
  start_heap_afresh();
  arena.hear_failed_checks();
  arena.host() = {::getpid(), anonymous_bytes()};
  try {
    Crew crew(plan, arena, recording, waits);
    if (plan.virtual_time) VirtualTime::begin();
    run_crew(crew);
  } catch (...) {
    arena.fail_with_exception("setting up: ");
  }
  std::fflush(nullptr);
  ::_exit(arena.failure().empty() ? 0 : 1);
}

}  // namespace

std::string describe_status(int status) {
  if (WIFSIGNALED(status))
    return fmt::format("was killed by signal {} ({})", WTERMSIG(status),
                       ::strsignal(WTERMSIG(status)));
  return fmt::format("exited with status {}", WEXITSTATUS(status));
}

// Of the matrix that the workload reports.
static std::size_t cells_of(const CrewPlan& plan) {
  if (plan.setup.workload().matrix == nullptr) return 0;
  const int workers = plan.workers();
  if (workers > MatrixFigure::kMostWorkers)
    throw CrewFailure(fmt::format("{} reports a number for every pair of workers: use at most {}",
                                  plan.setup.workload().name, MatrixFigure::kMostWorkers));
  return static_cast<std::size_t>(workers) * static_cast<std::size_t>(workers);
}

Host::Host(const CrewPlan& plan)
    : plan_(plan), arena_(plan.seats(), plan.setup.bodies(), cells_of(plan)) {
  arena_.set_foreground(plan.only_bodies.empty() ? plan.workers()
                                                 : static_cast<int>(plan.only_bodies.size()));
  CONVOY_CHECK(plan.seat_cpus.size() == static_cast<std::size_t>(plan.seats()),
               "a plan names the CPUs of every seat");
  if (plan.events > 0) recording_.emplace(plan.seats(), plan.events);
  if (needs_waits(plan.setup.workload())) {
    const WaitTable::Crew crew{.alone = plan.model->looped && plan.seats() == 1,
                               .forked = plan.forked(),
                               .may_spin = plan.spin_at_start};
    waits_.emplace(plan.setup.bodies(), crew);
    finder_.emplace(*waits_);
  }
  start();
}

Host::~Host() {
  if (pid_ > 0) kill_and_reap();
}

void Host::start() {
  // Orphans of a dying crew come to the controller, which can then be sure that they are gone.
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) throw_errno("prctl(PR_SET_CHILD_SUBREAPER)");
  // Ignored by whoever started us, it would have the kernel reap crews without telling how they
  // ended.
  std::signal(SIGCHLD, SIG_DFL);
  kernel_before_ = kernel_memory();
  std::fflush(nullptr);  // else the child would print what is still buffered once more
  ::malloc_trim(0);      // or what is free here would be part of the host's peak
  const pid_t controller = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) run_host(plan_, arena_, recording(), waits_ ? &*waits_ : nullptr, controller);
  if (pid_ < 0)
    throw MachineRefused(fmt::format(
        "fork: {}; end other processes of this user, or raise `ulimit -u`", std::strerror(errno)));
  ::setpgid(pid_, pid_);  // both sides, so that neither has to wait for the other
  pidfd_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  // Old kernels and valgrind do not know the call, sandboxes refuse it.
  if (!pidfd_ && errno != ENOSYS && errno != EPERM) {
    const int error = errno;
    kill_and_reap();
    throw CrewFailure(fmt::format("pidfd_open: {}; raise `ulimit -n`", std::strerror(error)));
  }
}

int Host::kill_and_reap() {
  send_signal_to_group(pid_, SIGKILL);
  send_signal(pid_, SIGKILL);
  const std::optional<int> status = reap_within(pid_, kKillPatience);
  // What the host itself had forked belongs to its group and, since it died, to us.
  send_signal_to_group(pid_, SIGKILL);
  const bool gone = status && reap_group_within(pid_, kKillPatience);
  if (!gone)
    trouble_ = fmt::format(
        "; processes of group {} did not end within {} s of SIGKILL (its leader is in state {}): "
        "one of their kernel calls hangs, see /proc/{}/stack",
        pid_, std::chrono::duration_cast<std::chrono::seconds>(kKillPatience).count(),
        state_of_process(pid_), pid_);
  pid_ = -1;
  pidfd_.reset();
  return status.value_or(SIGKILL);
}

void Host::fail(const std::string& reason) {
  kill_and_reap();
  give_up(reason + trouble_);
}

void Host::give_up(const std::string& reason) const {
  if (arena_.refused()) throw MachineRefused(reason);
  throw CrewFailure(reason);
}

// When it is time for it; fails the crew where two looks find the same.
void Host::look_for_deadlock(nanoseconds& next) {
  const nanoseconds time = now();
  if (!finder_ || time < next) return;
  next = time + kLookForDeadlock;
  if (const std::string deadlock = finder_->look(); !deadlock.empty()) fail(deadlock);
}

// Sleeps until the bell rings (true), the host ends (false), an interruption comes or time passes
// (true: the caller looks at both, and held the interruptions before it did).
bool Host::poll_host(nanoseconds deadline, const InterruptionsHeld& held) {
  pollfd fds[] = {{arena_.bell(), POLLIN, 0}, {pidfd_.get(), POLLIN, 0}};
  nanoseconds left = std::max(deadline - now(), nanoseconds(0));
  if (!pidfd_) left = std::min(left, kLookForTheEnd);
  const timespec timeout = to_timespec(left);
  const int ready = ::ppoll(fds, 2, &timeout, held.mask());
  if (ready < 0 && errno != EINTR) throw_errno("ppoll");
  if (ready > 0 && fds[0].revents != 0) arena_.silence_bell();
  if (!pidfd_) return !has_ended();
  return ready <= 0 || fds[1].revents == 0;
}

bool Host::has_ended() const {
  siginfo_t seen{};
  return ::waitid(P_PID, static_cast<id_t>(pid_), &seen, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         seen.si_pid == pid_;
}

template <class Condition>
void Host::wait_until(Condition condition, nanoseconds deadline, const char* what) {
  const InterruptionsHeld held;
  nanoseconds next_look = now() + kLookForDeadlock;
  for (;;) {
    const bool met = condition();
    if (const std::string reason = arena_.failure(); !reason.empty()) fail(reason);
    if (met) return;
    if (pending_interruption() != 0) fail(fmt::format("{} was interrupted", what));
    if (now() >= deadline) fail_at_limit(what);
    look_for_deadlock(next_look);
    if (!poll_host(finder_ ? std::min(deadline, next_look) : deadline, held) && !condition()) {
      arena_.await_failure();
      const int status = kill_and_reap();
      give_up(why_it_ended(status, describe_holds() + describe_standing_waits()));
    }
  }
}

RoundReport Host::run_round(std::uint64_t operations_per_worker, nanoseconds limit,
                            RoundKind kind) {
  CONVOY_CHECK(pid_ > 0, "a host that has ended was asked for a round");
  CONVOY_CHECK(kind != RoundKind::recorded || recording_,
               "a round was to be recorded by a crew without recorders");
  pass(operations_per_worker, limit, kind);
  return collect();
}

std::vector<nanoseconds> Host::lay_yardsticks(nanoseconds limit) {
  CONVOY_CHECK(pid_ > 0, "a host that has ended was asked for its CPUs' speed");
  std::vector<nanoseconds> took;
  if (plan_.yardsticks.empty()) return took;
  pass(0, limit, RoundKind::yardstick);
  for (int i = 0; i < arena_.seats(); ++i) took.push_back(arena_.slot(i).yardstick);
  return took;
}

void Host::pass(std::uint64_t operations_per_worker, nanoseconds limit, RoundKind kind) {
  arena_.arm(operations_per_worker, kind);
  wait_until([&] { return arena_.all_arrived(); }, now() + limit, "preparing the round");
  arena_.open_start_line(plan_.spin_at_start);
  wait_until([&] { return arena_.all_finished(); }, now() + limit, "the round");
  if (waits_)
    if (const std::string kept = describe_kept(*waits_); !kept.empty()) fail(kept);
}

RoundReport Host::collect() const {
  RoundReport report;
  report.figures.resize(plan_.setup.workload().figures.size());
  nanoseconds first = nanoseconds::max(), earliest = first, last_begin{0}, last_end{0};
  int unguarded = 0;
  for (int i = 0; i < arena_.seats(); ++i) {
    const Slot& slot = arena_.slot(i);
    last_begin = std::max(last_begin, slot.report.begin);
    if (slot.foreground_workers > 0) {  // when the others notice the end is no part of the round
      first = std::min(first, slot.report.begin);
      last_end = std::max(last_end, slot.report.end);
    }
    earliest = std::min(earliest, slot.report.begin);
    report.seats.push_back(slot.report);
    report.waits.push_back(slot.account.waits);
    report.lost += slot.account.lost;
    unguarded += slot.unguarded_fibers;
    report.gil.push_back(slot.account.gil);
    for (std::size_t figure = 0; figure < report.figures.size(); ++figure)
      report.figures[figure].merge(slot.account.figures[figure]);
    report.latency.merge(slot.account.latency);
    report.pinning.push_back({slot.pinned != 0, plan_.seat_cpus[static_cast<std::size_t>(i)],
                              slot.read_back.get(), slot.read_back_end.get(),
                              slot.pinning_reason.get()});
  }
  report.wall = last_end - first;
  report.start_skew = last_begin - earliest;
  report.operations = arena_.operations_per_worker() * static_cast<std::uint64_t>(plan_.workers());
  for (int i = 0; i < plan_.workers(); ++i) report.checksums.push_back(arena_.checksum(i));
  report.matrix.assign(arena_.matrix().begin(), arena_.matrix().end());
  report.frame_bytes = arena_.slot(0).frame_bytes;
  report.engine = arena_.slot(0).engine.get();
  report.file_io = arena_.slot(0).file_io.get();
  if (unguarded > 0)
    report.notes.push_back(
        fmt::format("{} of {} fibers have stacks without a guard page, because vm.max_map_count "
                    "leaves no room: their overflow is detected only at the end of the round",
                    unguarded, plan_.setup.bodies()));
  return report;
}

void Host::stop(nanoseconds limit) {
  CONVOY_CHECK(pid_ > 0, "a host that has ended was stopped");
  const nanoseconds deadline = now() + limit;
  const InterruptionsHeld held;
  arena_.stop();
  while (poll_host(deadline, held)) {
    if (now() >= deadline) fail("the crew did not end within its limit after its last round");
  }
  arena_.await_failure();
  const int status = kill_and_reap();  // the host has ended: this is for what workers left behind
  if (status == 0 && trouble_.empty()) return;
  give_up(why_it_ended(status, {}));
}

// The first reason that a seat gave, else how the host ended. A process may fail while another
// exits, so the reason is looked for when all of them are gone.
std::string Host::why_it_ended(int status, const std::string& holds) const {
  const std::string reason = arena_.failure();
  return (reason.empty() ? "the crew's host " + describe_status(status) + holds : reason) +
         trouble_;
}

}  // namespace convoy
