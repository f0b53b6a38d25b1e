// Room for tests that open many descriptors.
#pragma once

#include <sys/resource.h>

#include <string>

namespace convoy::test {

// Raises the soft limit as far as the hard one allows. Why that is less than `needed`; empty where
// it is not.
inline std::string descriptors_refusal(rlim_t needed) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= needed) return {};
  return "RLIMIT_NOFILE: this needs " + std::to_string(needed) + " descriptors and may open " +
         std::to_string(limit.rlim_cur) + "; raise `ulimit -Hn`";
}

}  // namespace convoy::test
