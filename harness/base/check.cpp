#include "harness/base/check.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>

namespace convoy {

void throw_error_code(int error, const char* call, const std::string& advice) {
  std::string what = call;
  if (!advice.empty()) what += " (" + advice + ")";
  throw std::system_error(error, std::generic_category(), what);
}

void throw_errno(const char* call, const std::string& advice) {
  throw_error_code(errno, call, advice);
}

void check_failed(const char* condition, const char* file, int line, const char* message) {
  std::fprintf(stderr,
               "convoy: internal check failed: %s (%s) at %s:%d\n"
               "convoy: this is a defect of the harness; please report it with the command line\n",
               message, condition, file, line);
  std::abort();
}

}  // namespace convoy
