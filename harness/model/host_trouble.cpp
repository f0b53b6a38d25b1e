// What a crew that cannot go on held, waited for and was doing.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "harness/model/host.hpp"

namespace convoy {

std::string Host::describe_holds() const {
  std::string text;
  for (int i = 0; i < arena_.seats(); ++i) text += describe_hold(plan_, arena_.slot(i).account);
  return text;
}

std::string Host::describe_standing_waits() const {
  const std::string waits = waits_ ? describe_waits(*waits_, now()) : std::string();
  return waits.empty() ? waits : "; " + waits;
}

// Of the host and of those that are processes of their own; of some where they are many.
std::vector<ThreadStack> Host::stacks() const {
  constexpr std::size_t kMostProcesses = 4;
  constexpr nanoseconds kPatience = std::chrono::seconds(2);
  std::vector<pid_t> pids{pid_};
  for (int i = 0; i < arena_.seats() && pids.size() < kMostProcesses; ++i)
    if (const pid_t pid = arena_.slot(i).process.pid; pid > 0) pids.push_back(pid);
  std::vector<ThreadStack> all;
  for (const pid_t pid : pids) {
    std::vector<ThreadStack> some = stacks_of(pid, kPatience);
    std::move(some.begin(), some.end(), std::back_inserter(all));
  }
  return all;
}

void Host::fail_at_limit(const char* what) {
  const std::string waits = describe_standing_waits();
  std::vector<ThreadStack> where = stacks();
  kill_and_reap();
  throw CrewFailure(
      fmt::format(
          "{} did not finish within its limit; raise --round-limit, or use fewer operations{}{}{}",
          what, describe_holds(), waits, trouble_),
      std::move(where));
}

std::vector<std::string> Host::order_warnings() const {
  return waits_ ? describe_order_cycles(*waits_) : std::vector<std::string>();
}

}  // namespace convoy
