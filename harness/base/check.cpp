#include "harness/base/check.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

namespace convoy {
namespace {

struct Listening {
  FailedCheckListener listener = nullptr;
  pid_t process = 0;  // the one that set it
} listening;

}  // namespace

void throw_error_code(int error, const char* call, const std::string& advice) {
  std::string what = call;
  if (!advice.empty()) what += " (" + advice + ")";
  throw std::system_error(error, std::generic_category(), what);
}

void throw_errno(const char* call, const std::string& advice) {
  throw_error_code(errno, call, advice);
}

void tell_failed_checks_to(FailedCheckListener listener) { listening = {listener, ::getpid()}; }

void check_failed(const char* condition, const char* file, int line, const char* message) {
  const std::string what = fmt::format("internal check failed: {} ({}) at {}:{}{}", message,
                                       condition, file, line, kReportThis);
  if (listening.process == ::getpid()) listening.listener(what);
  else std::fprintf(stderr, "convoy: %s\n", what.c_str());
  ::_exit(static_cast<int>(ExitCode::internal));
}

}  // namespace convoy
