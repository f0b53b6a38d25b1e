// pool_submit: who hands tasks in one by one, and takes their results back in that order. All
// workers but one serve.
#pragma once

#include <semaphore.h>

#include <deque>
#include <stdexcept>

#include "benchmarks/runtimes/shared/compute.hpp"
#include "benchmarks/runtimes/shared/runtime.hpp"

namespace convoy::runtimes {

struct Task {
  std::int64_t number = 0, steps = 0;

  // What it makes of its number: another for each.
  std::uint64_t mark() const {
    return (static_cast<std::uint64_t>(number) + 1) * 0x9E3779B97F4A7C15U;
  }
  std::uint64_t run() const {
    // It stays above 0, which the compiler does not know.
    return compute(2 * static_cast<std::uint64_t>(number) + 1, steps) == 0 ? 0 : mark();
  }
};

// Hands in as many as may be there at once, and then one for each result.
class Submitter : public Job {
 public:
  explicit Submitter(const Setting& setting)
      : servers_(std::max(1, setting.workers() - 1)),
        workers_(setting.workers()),
        steps_(steps_of(setting["task"])),
        at_once_(servers_ + setting["ahead"]) {}
  void prepare(std::int64_t operations) override { all_ = operations * workers_; }
  std::int64_t run() override {
    std::int64_t given = 0, taken = 0;
    while (taken < all_) {
      if (given < all_ && given - taken < at_once_) {
        submit(place_of(given), {given, steps_});
        ++given;
        continue;
      }
      if (result(place_of(taken)) != Task{taken}.mark())
        throw std::runtime_error("wrong answer: a task's result is that of another, or none");
      ++taken;
    }
    return taken;
  }

 protected:
  int servers() const { return servers_; }
  std::size_t places() const { return static_cast<std::size_t>(at_once_); }
  // A place is free again once its result was taken.
  virtual void submit(std::size_t place, Task task) = 0;
  // Waits for it.
  virtual std::uint64_t result(std::size_t place) = 0;

 private:
  std::size_t place_of(std::int64_t number) const {
    return static_cast<std::size_t>(number % at_once_);
  }

  int servers_, workers_;
  std::int64_t steps_, at_once_, all_ = 0;
};

// A result that another thread waits for.
class Result {
 public:
  Result() { ::sem_init(&there_, 0, 0); }
  Result(const Result&) = delete;
  ~Result() { ::sem_destroy(&there_); }
  void set(std::uint64_t value) {
    value_ = value;
    ::sem_post(&there_);
  }
  std::uint64_t take() {
    while (::sem_wait(&there_) != 0 && errno == EINTR) continue;
    return value_;
  }

 private:
  sem_t there_;
  std::uint64_t value_ = 0;
};

}  // namespace convoy::runtimes
