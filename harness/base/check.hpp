// How the harness fails: checks for programmer errors, exceptions for operating and usage errors,
// and the exit codes.
#pragma once

#include <stdexcept>
#include <string>

namespace convoy {

// What convoy-bench ends with. Documented in docs/reference/command-line.md.
enum class ExitCode : int {
  ok = 0,
  failed_rows = 1,
  usage = 2,
  unfit = 4,
  not_pinned = 5,
  skipped = 77,   // as automake's and ctest's
  internal = 70,  // EX_SOFTWARE: a fault of Convoy's own
  interrupted = 130,
  terminated = 143,
};

// The user asked for something impossible. The message says what, why, and what to type next; the
// process ends with ExitCode::usage.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Nothing that was asked for can be done here, for want of something: no fault. The message says
// what to type; the process ends with ExitCode::skipped.
class Skipped : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Throws std::system_error for the current errno, naming the call and what to do next.
[[noreturn]] void throw_errno(const char* call, const std::string& advice = {});

// The same for calls that return the error instead of setting errno (pthread_*).
[[noreturn]] void throw_error_code(int error, const char* call, const std::string& advice = {});

// A fault of Convoy's own, met in the main process: run_program ends with ExitCode::internal, and
// nobody before it may catch this.
class InternalError : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

// What to do about a fault of Convoy's own: the end of each message about one.
inline constexpr const char* kReportThis =
    "; this is a fault of Convoy: please report it with the command and this line";

// Who is told of a failed check in this process, in place of stderr, before it ends with
// ExitCode::internal. Children that are forked have to set their own. Called by the process's only
// thread, and later by whichever thread fails a check, which may throw in it instead.
using FailedCheckListener = void (*)(const std::string& what);
void tell_failed_checks_to(FailedCheckListener listener);

// Ends the process: an invariant of the harness itself is broken. Always on.
[[noreturn]] void check_failed(const char* condition, const char* file, int line,
                               const char* message);

}  // namespace convoy

#define CONVOY_CHECK(condition, message)                               \
  do {                                                                 \
    if (!(condition)) [[unlikely]]                                     \
      ::convoy::check_failed(#condition, __FILE__, __LINE__, message); \
  } while (false)
