#include "harness/work/child.hpp"

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "harness/base/check.hpp"

namespace convoy {

void fail_to_start(int error, const char* call) {
  const char* advice = error == EAGAIN ? "end other processes of this user, or raise `ulimit -u`"
                       : error == ENOMEM
                           ? "free some memory, or have the benchmark take less by --param"
                       : error == EMFILE ? "use fewer workers, or raise `ulimit -n`"
                                         : "measure another way to start one";
  throw_error_code(error, call, advice);
}

pthread_t start_thread(void* (*body)(void*), void* argument, std::size_t stack) {
  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  if (stack > 0) ::pthread_attr_setstacksize(&attributes, stack);
  pthread_t thread{};
  const int error = ::pthread_create(&thread, &attributes, body, argument);
  ::pthread_attr_destroy(&attributes);
  if (error != 0) fail_to_start(error, "pthread_create");
  return thread;
}

// Not by _exit, which sanitizers have hooks in.
void leave_process() {
  for (;;) ::syscall(SYS_exit_group, 0);
}

int wait_for_process(pid_t child) {
  int status = 0;
  for (;;) {
    if (::waitpid(child, &status, 0) == child) return status;
    if (errno != EINTR) throw_errno("waitpid", "nobody else may reap a workload's child");
  }
}

}  // namespace convoy
