// Signals to processes that this one started, and waiting for their ends.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <optional>

#include "harness/base/clock.hpp"

namespace convoy {

// What a killed process has before it is given up: one in an uninterruptible call does not die.
constexpr nanoseconds kKillPatience = std::chrono::seconds(10);

// Sends a signal to one process, or to all of a process group. The pid of a process that was never
// started, or was reaped, must not come here: -1 would mean everybody, 0 the caller's own group.
// False where there is no such process.
bool send_signal(pid_t pid, int signal);
bool send_signal_to_group(pid_t leader, int signal);

// Sleeps until the child has ended, and reaps it: its wait status, or nothing where it has not
// ended in time, or is no child (any more).
std::optional<int> reap_within(pid_t child, nanoseconds patience);
// Reaps children of the group until there are none: false where some have not ended in time.
bool reap_group_within(pid_t leader, nanoseconds patience);

// "S", "D" and so on, as /proc/PID/stat has it; '?' where it cannot be read.
char state_of_process(pid_t pid);

}  // namespace convoy
