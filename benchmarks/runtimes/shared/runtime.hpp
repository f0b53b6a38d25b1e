// The half of a runtime's program that all of them share: what it is asked on its standard input,
// and what it answers on its standard output. See docs/how-to/add-a-runtime.md.
#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

namespace convoy::runtimes {

// What the crew is like: workers, and the workload's parameters; times are in ns.
class Setting {
 public:
  explicit Setting(std::map<std::string, std::int64_t> values) : values_(std::move(values)) {}
  std::int64_t operator[](const std::string& name) const { return values_.at(name); }
  // 0 where the workload has no such parameter.
  std::int64_t get(const std::string& name) const {
    const auto at = values_.find(name);
    return at == values_.end() ? 0 : at->second;
  }
  int workers() const { return static_cast<int>(values_.at("workers")); }

 private:
  std::map<std::string, std::int64_t> values_;
};

// One workload's job. Made once, outside the measured time; what it makes there stays.
class Job {
 public:
  virtual ~Job() = default;
  // Readies a round in which each worker does so many operations. Not measured.
  virtual void prepare(std::int64_t operations) = 0;
  // Does the round: how many operations were done in all.
  virtual std::int64_t run() = 0;
};

struct Offer {
  const char* workload;
  const char* heeds;  // its parameters, with blanks between
  std::function<std::unique_ptr<Job>(const Setting&)> make;
};

template <class J>
Offer offer(const char* workload, const char* heeds) {
  return {workload, heeds, [](const Setting& setting) { return std::make_unique<J>(setting); }};
}

[[noreturn]] inline void fail(const char* call) {
  throw std::system_error(errno, std::generic_category(), call);
}

// For threads and callbacks, out of which nothing may be thrown: ends the program with this line.
[[noreturn]] inline void give_up(const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  std::_Exit(1);
}

// The connections of the clients, one for each worker: blocks until all are there.
inline std::vector<int> accept_clients(const Setting& setting) {
  std::vector<int> connections;
  while (connections.size() < static_cast<std::size_t>(setting.workers())) {
    const int fd = ::accept4(static_cast<int>(setting["listener"]), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0) connections.push_back(fd);
    else if (errno != EINTR) fail("accept");
  }
  return connections;
}

inline std::string read_line() {
  std::string line;
  for (int letter = 0; (letter = std::getchar()) != EOF && letter != '\n';)
    line += static_cast<char>(letter);
  return line;
}

inline void say(const std::string& line) {
  std::fputs((line + "\n").c_str(), stdout);
  std::fflush(stdout);
}

inline void work(Job& job) {
  say("made");
  for (std::string line; !(line = read_line()).empty();) {
    job.prepare(std::strtoll(line.c_str() + std::string("round ").size(), nullptr, 10));
    say("ready");
    if (read_line().empty()) return;
    say("done " + std::to_string(job.run()));
  }
}

// What main() does.
inline int serve(int count, char** words, const std::string& version, const std::string& about,
                 const std::vector<Offer>& offers) {
  const std::vector<std::string> all(words + 1, words + count);
  if (all.empty() || (all[0] != "describe" && all.size() < 2)) {
    std::fprintf(stderr, "usage: %s describe | run WORKLOAD name=value...\n", words[0]);
    return 2;
  }
  if (all[0] == "describe") {
    say("version " + version);
    say("about " + about);
    for (const Offer& each : offers)
      say(std::string("workload ") + each.workload + (*each.heeds ? " " : "") + each.heeds);
    return 0;
  }
  std::map<std::string, std::int64_t> values;
  for (std::size_t i = 2; i < all.size(); ++i) {
    const std::size_t at = all[i].find('=');
    if (at != std::string::npos) values[all[i].substr(0, at)] = std::stoll(all[i].substr(at + 1));
  }
  try {
    for (const Offer& each : offers)
      if (each.workload == all[1]) {
        const auto job = each.make(Setting(values));
        work(*job);
        // Without the ends of threads and objects, which may wait for each other.
        std::_Exit(0);
      }
    std::fprintf(stderr, "it cannot do %s\n", all[1].c_str());
  } catch (const std::exception& error) {
    give_up(error);
  }
  std::_Exit(1);
}

}  // namespace convoy::runtimes
