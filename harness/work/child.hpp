// Threads and processes that a workload's body starts itself, as part of what it measures.
#pragma once

#include <pthread.h>
#include <sys/types.h>

#include <cstddef>

namespace convoy {

// Throws std::system_error for a call that started nothing, with what to do next.
[[noreturn]] void fail_to_start(int error, const char* call);

// A thread that is to be joined. A stack of 0 bytes is as large as threads have by default. Throws
// as above.
pthread_t start_thread(void* (*body)(void*), void* argument, std::size_t stack = 0);

// The end of a process that was forked and has executed no other program: nothing is flushed, and
// no destructor runs.
[[noreturn]] void leave_process();

// Takes this child only, and nobody else's: its wait status. Blocks until it has ended. Throws
// std::system_error where it is no child of this process.
int wait_for_process(pid_t child);

}  // namespace convoy
