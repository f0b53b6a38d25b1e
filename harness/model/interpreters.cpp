// Crews whose seats are dealt over several interpreters: processes forked from the host, each with
// a lock of its own.
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <map>

#include "harness/base/check.hpp"
#include "harness/machine/memory.hpp"
#include "harness/machine/stacks.hpp"
#include "harness/model/crew.hpp"
#include "harness/model/host.hpp"
#include "harness/sync/deadlock.hpp"

namespace convoy {
namespace {

// "of worker 3", or "2 of 4" where several workers share it.
std::string name_of_process(const CrewPlan& plan, int interpreter) {
  return plan.model->own_locks ? fmt::format("of worker {}", interpreter)
                               : fmt::format("{} of {}", interpreter + 1, plan.interpreters());
}

[[noreturn]] void run_child(Crew& crew, int interpreter, pid_t host, pid_t controller) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != host) ::_exit(1);  // the host died before the line above
  allow_stacks_for(controller);
  crew.arena().hear_failed_checks();
  const std::vector<int> seats = seats_of(interpreter, crew.plan());
  crew.arena().slot(seats.front()).process = {::getpid(), anonymous_bytes()};
  try {
    crew.plan().model->run(crew, seats);
  } catch (...) {
    crew.arena().fail_with_exception("setting up: ");
  }
  ::_exit(crew.arena().failure().empty() ? 0 : 1);
}

// Waits for every child; one that ends before the crew does, or not with 0, fails the crew.
void reap(Crew& crew, std::map<pid_t, int>& children) {
  while (!children.empty()) {
    int status = 0;
    const pid_t pid = ::waitpid(-1, &status, 0);
    if (pid < 0 && errno == EINTR) continue;  // signals are the controller's business
    if (pid < 0) throw_errno("waitpid", "a workload must not wait for processes it did not start");
    const auto child = children.find(pid);
    if (child == children.end()) continue;
    if (status != 0 || !crew.arena().stopped()) {
      const std::string waits = crew.waits() ? describe_waits(*crew.waits(), now()) : "";
      crew.arena().fail(fmt::format(
          "the process {} {}{}{}{}", name_of_process(crew.plan(), child->second),
          describe_status(status), crew.arena().stopped() ? "" : " before the crew's end",
          waits.empty() ? "" : "; ", waits));
      ::_exit(1);
    }
    children.erase(child);
  }
}

void fork_interpreters(Crew& crew) {
  const pid_t host = ::getpid(), controller = ::getppid();
  const int count = crew.plan().interpreters();
  std::map<pid_t, int> children;
  for (int interpreter = 0; interpreter < count; ++interpreter) {
    const pid_t pid = ::fork();
    if (pid == 0) run_child(crew, interpreter, host, controller);
    if (pid < 0) {
      crew.arena().refuse(
          fmt::format("process {} of {} did not start: {}; use fewer workers, or raise `ulimit -u`",
                      interpreter, count, std::system_category().message(errno)));
      ::_exit(1);
    }
    children[pid] = interpreter;
  }
  reap(crew, children);
}

}  // namespace

std::vector<int> seats_of(int interpreter, const CrewPlan& plan) {
  return bodies_of(interpreter, plan.interpreters(), plan.seats());
}

void run_crew(Crew& crew) {
  if (crew.plan().forked()) fork_interpreters(crew);
  else crew.plan().model->run(crew, seats_of(0, crew.plan()));
}

}  // namespace convoy
