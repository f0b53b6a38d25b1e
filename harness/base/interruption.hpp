// SIGINT and SIGTERM as a question that is asked between samples, so that what was measured is
// kept.
#pragma once

namespace convoy {

// From now on the first SIGINT or SIGTERM is only remembered; a second one ends the process at once
// (crews die with it). Called once, by the controller.
void remember_interruptions();

// The signal that came, or 0. Any thread.
int pending_interruption();

// For tests: forgets, or pretends.
void set_pending_interruption(int signal);

}  // namespace convoy
