// SIGINT, SIGTERM and SIGHUP as a question that is asked between samples, so that what was measured
// is kept.
#pragma once

#include <csignal>

#include "harness/base/check.hpp"

namespace convoy {

// From now on the first of these signals is only remembered; a second one ends the process at once
// (crews die with it). A SIGHUP that whoever started us ignores, as nohup does, stays ignored.
// Called once, by the controller.
void remember_interruptions();

// The signal that came, or 0. Any thread.
int pending_interruption();

// What the process then ends with; SIGHUP counts as SIGTERM does.
ExitCode exit_code_of_interruption();

// "SIGINT", "SIGTERM" or "SIGHUP".
const char* name_of_interruption(int signal);

// For a scope in which one looks whether an interruption is pending, and else sleeps: the signals
// come only while ppoll() sleeps with mask(), so none slips in between the two. For the controller,
// whose only thread it is.
class InterruptionsHeld {
 public:
  InterruptionsHeld();
  InterruptionsHeld(const InterruptionsHeld&) = delete;
  ~InterruptionsHeld();

  // What was in force before.
  const sigset_t* mask() const { return &before_; }

 private:
  sigset_t before_{};
};

// For tests: forgets, or pretends.
void set_pending_interruption(int signal);

}  // namespace convoy
