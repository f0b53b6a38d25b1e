// stdin, stdout and stderr: all three are open, and output that stdout does not take is an error.
#pragma once

#include <string>

namespace convoy {

// Opens those that are closed, so that no socket, pipe or file of ours gets their numbers. Writing
// to one that was closed still fails. First of all in main().
void open_standard_streams();

// Writes all of it at once: 0, or the error. For main()'s thread, as is what follows.
int write_standard_output(const std::string& text);

// What went wrong, and what to do: "cannot write to stdout: No space left on device; ...".
std::string describe_output_error(int error);

// Whoever could not write has told so, and kept the output elsewhere: no more of it is written.
void abandon_standard_output();

// Flushes stdout: the exit code of the process, which is `code` if everything was written, else
// ExitCode::usage after a message on stderr. `error` is what a write has already failed with, or 0.
// If the reader has left, as `head` does, the process ends quietly by SIGPIPE, as others do.
int end_standard_output(int code, int error);

}  // namespace convoy
