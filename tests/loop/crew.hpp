// What loop tests share: a lock that checks its own use, and workers on one seat.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <deque>
#include <filesystem>
#include <mutex>
#include <string>
#include <system_error>
#include <vector>

#include "harness/base/check.hpp"
#include "harness/base/unique_fd.hpp"
#include "harness/loop/loop.hpp"
#include "harness/work/workload.hpp"
#include "tests/threads.hpp"

namespace convoy::test {

// A mutex that knows whether it is held and how often it was taken. The counts belong to the
// holder.
class CountingGil final : public Gil {
 public:
  void attach(Seat&) override {}
  bool held() const { return held_; }
  std::size_t releases() const { return releases_; }

 protected:
  bool take(Seat&) override {
    mutex_.lock();
    CONVOY_CHECK(!held_, "taken twice");
    held_ = true;
    return false;
  }
  void drop(Seat&, ReleaseReason why) override {
    CONVOY_CHECK(held_, "dropped while not held");
    CONVOY_CHECK(why == ReleaseReason::blocking || why == ReleaseReason::exit, "wrong reason");
    held_ = false;
    ++releases_;
    mutex_.unlock();
  }
  void breaker_set(Seat&, std::uint32_t) override {}

 private:
  std::mutex mutex_;
  bool held_ = false;
  std::size_t releases_ = 0;
};

inline std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
    ++count;
  return count;
}

inline std::size_t running_threads() { return living_threads().size(); }

// Why the kernel or a sandbox refuses io_uring; empty where it does not.
inline const std::string& io_uring_refusal() {
  static const std::string refusal = [] {
    CountingGil gil;
    SeatAccount account;
    Seat seat(account);
    try {
      const Loop loop(Engine::io_uring, gil, seat);
    } catch (const std::system_error& error) {
      const std::string text = error.what();
      if (text.find("io_uring_setup") == std::string::npos) throw;
      return text;
    }
    return std::string();
  }();
  return refusal;
}

// Tests of both engines, of which only io_uring may be refused.
class EveryEngine : public testing::TestWithParam<Engine> {
 protected:
  void SetUp() override {
    if (GetParam() == Engine::io_uring && !io_uring_refusal().empty())
      GTEST_SKIP() << io_uring_refusal();
  }
};

using Ends = std::array<UniqueFd, 2>;

inline Ends make_pipe() {
  int fds[2];
  CONVOY_CHECK(::pipe2(fds, O_CLOEXEC) == 0, "pipe");
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

inline Ends make_pair(int type = SOCK_STREAM) {
  int fds[2];
  CONVOY_CHECK(::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds) == 0, "socketpair");
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

// One seat whose workers share one loop; the test's thread is the carrier.
struct Crew {
  explicit Crew(Engine engine, int count = 16) : setup(workload, {}, count) {
    seat.gil_accounting = false;
    loop = std::make_unique<Loop>(engine, gil, seat);
    station = std::make_unique<Station>(setup, seat, gil, loop.get());
    for (int i = 0; i < count; ++i) {
      workers.emplace_back(*station, i);
      workers.back().begin_round(1'000'000'000);
    }
  }
  Worker& operator[](std::size_t i) { return workers[i]; }
  void run() {
    gil.acquire(seat);
    struct Drop {
      Crew& crew;
      ~Drop() { crew.gil.release(crew.seat, ReleaseReason::exit); }
    } drop{*this};
    loop->run(tasks);
  }

  Workload workload;
  Setup setup;
  SeatAccount account;
  Seat seat{account};
  CountingGil gil;
  std::unique_ptr<Station> station;
  std::vector<Task> tasks;  // destroyed after the loop
  std::deque<Worker> workers;
  std::unique_ptr<Loop> loop;
};

}  // namespace convoy::test
