// fanout_sleep and mixed in a loop written by hand: sleepers in a heap of deadlines.
#pragma once

#include <time.h>

#include <functional>
#include <queue>
#include <utility>

#include "benchmarks/runtimes/shared/compute.hpp"
#include "benchmarks/runtimes/shared/runtime.hpp"

namespace convoy::runtimes {

class Sleepers : public Job {
 public:
  explicit Sleepers(const Setting& setting)
      : wait_(setting["wait"]), steps_(steps_of(setting.get("cpu"))), workers_(setting.workers()) {}
  void prepare(std::int64_t operations) override {
    left_.assign(static_cast<std::size_t>(workers_), operations);
  }
  std::int64_t run() override {
    std::int64_t done = 0;
    for (int worker = 0; worker < workers_; ++worker) sleep(worker);
    while (!sleepers_.empty()) {
      const std::int64_t time = now_ns();
      const auto [due, worker] = sleepers_.top();
      if (due > time) {
        wait(due - time);
        continue;
      }
      sleepers_.pop();
      ++done;
      sleep(worker);
    }
    return done;
  }

 protected:
  // Blocks for so long, or for less.
  virtual void wait(std::int64_t ns) = 0;

 private:
  static std::int64_t now_ns() {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1'000'000'000 + time.tv_nsec;
  }
  void sleep(int worker) {
    if (left_[static_cast<std::size_t>(worker)]-- <= 0) return;
    compute_for(steps_);
    sleepers_.emplace(now_ns() + wait_, worker);
  }

  std::int64_t wait_, steps_;
  int workers_;
  std::vector<std::int64_t> left_;
  using Sleeper = std::pair<std::int64_t, int>;
  std::priority_queue<Sleeper, std::vector<Sleeper>, std::greater<>> sleepers_;
};

}  // namespace convoy::runtimes
