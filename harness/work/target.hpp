// Servers of others that workloads talk to, as --target names them.
#pragma once

#include <string>
#include <string_view>

#include "harness/base/clock.hpp"
#include "harness/base/unique_fd.hpp"

namespace convoy {

class Setup;
struct Workload;

// How long connecting may take, and the first answer of a server that is asked before a round.
constexpr nanoseconds kTargetPatience = std::chrono::seconds(10);

// "127.0.0.1:6379", "[::1]:6379", "localhost:6379"; "http://127.0.0.1:8080/page", whose port is 80
// where it names none.
struct TargetAddress {
  std::string host, port;
  std::string path;  // of a URL; "/" where it names none

  // As an HTTP request names it: the host, and a port that is not the usual one.
  std::string authority() const;
};

// Throws UsageError for what the workload's kind of server is not reached by, with what to write.
TargetAddress parse_target(const std::string& text, const Workload& workload);

// What to do where it does not answer as it should, for errors.
std::string advice_on_target(const Setup& setup);

// A TCP connection to the crew's target, made in the calling thread; messages go out when they are
// sent. For fixtures. Throws std::system_error, after `patience` as well.
UniqueFd connect_to_target(const Setup& setup, nanoseconds patience = kTargetPatience);

// Sends `question`, which is short, and returns what comes first, at most some KiB of it: whether a
// server speaks the workload's language is found out before a round. For fixtures. Throws
// std::system_error where nothing comes in time, or the server hangs up.
std::string ask_target(const Setup& setup, const UniqueFd& connection, std::string_view question,
                       nanoseconds patience = kTargetPatience);

}  // namespace convoy
