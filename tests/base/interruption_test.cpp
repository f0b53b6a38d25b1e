// Interruptions, each in a child of its own: what a signal does is a matter of the whole process.
#include "harness/base/interruption.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <functional>

#include "harness/base/clock.hpp"

namespace convoy {
namespace {

// How a child ends that does `work` and exits with what it returns.
int status_of(const std::function<int()>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    // Whoever runs the tests may ignore some.
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, SIG_DFL);
    ::_exit(work());
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return status;
}

int exit_code_of(const std::function<int()>& work) {
  const int status = status_of(work);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

class Interruption : public ::testing::TestWithParam<int> {};

TEST_P(Interruption, TheFirstIsRememberedAndTheSecondEndsTheProcess) {
  const int signal = GetParam();
  EXPECT_EQ(exit_code_of([&] {
              remember_interruptions();
              std::raise(signal);
              return pending_interruption();
            }),
            signal);
  EXPECT_EQ(exit_code_of([&] {
              remember_interruptions();
              std::raise(signal);
              std::raise(SIGTERM);
              return 0;
            }),
            -SIGTERM);
}

TEST_P(Interruption, EndsASleepThatItCameJustBefore) {
  const int signal = GetParam();
  EXPECT_EQ(exit_code_of([&] {
              remember_interruptions();
              const InterruptionsHeld held;
              std::raise(signal);
              if (pending_interruption() != 0) return 100;
              const timespec hour{3600, 0};
              if (::ppoll(nullptr, 0, &hour, held.mask()) != -1 || errno != EINTR) return 101;
              return pending_interruption();
            }),
            signal);
}

INSTANTIATE_TEST_SUITE_P(Signals, Interruption, ::testing::Values(SIGINT, SIGTERM, SIGHUP),
                         [](const auto& signal) {
                           return std::string(name_of_interruption(signal.param));
                         });

TEST(Interruptions, AHangUpThatIsIgnoredStaysSo) {
  EXPECT_EQ(exit_code_of([] {
              std::signal(SIGHUP, SIG_IGN);
              remember_interruptions();
              std::raise(SIGHUP);
              if (pending_interruption() != 0) return 100;
              std::raise(SIGTERM);  // resets what a second signal does
              std::raise(SIGHUP);
              return pending_interruption();
            }),
            SIGTERM);
}

TEST(Interruptions, OnlyCtrlCIsAnInterrupt) {
  for (const auto& [signal, code] :
       {std::pair(SIGINT, ExitCode::interrupted), std::pair(SIGTERM, ExitCode::terminated),
        std::pair(SIGHUP, ExitCode::terminated)}) {
    set_pending_interruption(signal);
    EXPECT_EQ(exit_code_of_interruption(), code);
  }
  set_pending_interruption(0);
}

}  // namespace
}  // namespace convoy
