// A forked process a worker, each with an interpreter lock of its own, as in CPython's
// multiprocessing.
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

[[noreturn]] void run_child(Crew& crew, int seat, pid_t host, pid_t controller) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != host) ::_exit(1);  // the host died before the line above
  allow_stacks_for(controller);
  crew.arena().slot(seat).process = {::getpid(), anonymous_bytes()};
  const auto gil = crew.make_interpreter_lock();
  crew.run_seat(seat, *gil, crew.workers_of(seat), false);
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
      crew.arena().fail(fmt::format("the process of worker {} {}{}{}{}", child->second,
                                    describe_status(status),
                                    crew.arena().stopped() ? "" : " before the crew's end",
                                    waits.empty() ? "" : "; ", waits));
      ::_exit(1);
    }
    children.erase(child);
  }
}

const ModelRegistration registration{
    {"processes", "A forked process a worker, each with an interpreter lock of its own", false,
     [](int workers, int) { return workers; },
     [](Crew& crew) {
       const pid_t host = ::getpid(), controller = ::getppid();
       std::map<pid_t, int> children;
       for (int seat = 0; seat < crew.plan().seats(); ++seat) {
         const pid_t pid = ::fork();
         if (pid == 0) run_child(crew, seat, host, controller);
         if (pid < 0) {
           crew.arena().fail(fmt::format(
               "process {} of {} did not start: {}; use fewer workers, or raise `ulimit -u`", seat,
               crew.plan().seats(), std::system_category().message(errno)));
           ::_exit(1);
         }
         children[pid] = seat;
       }
       reap(crew, children);
     },
     true}};

}  // namespace
}  // namespace convoy
