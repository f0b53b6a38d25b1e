// What contract tests share: crews of workloads made for a test, and proof that nothing of them
// stays.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cerrno>
#include <filesystem>
#include <functional>
#include <new>
#include <ostream>
#include <string>
#include <vector>

#include "harness/base/check.hpp"
#include "harness/base/mapping.hpp"
#include "harness/gil/gil.hpp"
#include "harness/machine/pinning.hpp"
#include "harness/model/crew.hpp"
#include "harness/model/host.hpp"
#include "harness/work/workload.hpp"

namespace convoy {

// GoogleTest looks for them beside the types.
inline void PrintTo(const Model& model, std::ostream* stream) { *stream << model.name; }
inline void PrintTo(const GilPolicy& policy, std::ostream* stream) { *stream << policy.name; }

namespace contract {

using namespace std::chrono_literals;

constexpr nanoseconds kPatience = 60s;  // far more than any round here takes

inline std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
    ++count;
  return count;
}

// A value all processes of a crew see, made before they are forked and kept until the test binary
// ends.
template <class T>
class SharedValue {
 public:
  SharedValue() : mapping_(sizeof(T)) { reset(); }
  T* operator->() const { return static_cast<T*>(mapping_.data()); }
  T& operator*() const { return *operator->(); }
  void reset() const { new (mapping_.data()) T{}; }

 private:
  Mapping mapping_;
};

// Every test leaves as many descriptors as it found, and no child.
class LeavesNothing : public ::testing::Test {
 protected:
  void SetUp() override { descriptors_ = open_descriptors(); }
  void TearDown() override {
    EXPECT_EQ(open_descriptors(), descriptors_);
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
    EXPECT_EQ(errno, ECHILD);
  }

 private:
  std::size_t descriptors_ = 0;
};

// Workers that wait for each other cannot run one after another.
inline bool side_by_side(const Model& model) { return !model.serial; }
// Whether two workers share one interpreter; a process has its own.
inline bool one_interpreter(const Model& model) { return !model.own_locks; }

inline CrewPlan plan_of(const Workload& workload, const Model& model, const std::string& gil,
                        int workers, int carriers = 1, Engine engine = Engine::automatic) {
  CrewPlan plan{.model = &model,
                .setup = Setup(workload, workload.initial_arguments(), workers),
                .gil = parse_gil(gil),
                .carriers = carriers,
                .engine = engine,
                .gil_accounting = true,
                .seat_cpus = {},
                .spin_at_start = false};
  plan.seat_cpus.resize(static_cast<std::size_t>(plan.seats()));
  return plan;
}

// The lock with its interval made short, so that waiters ask soon.
inline std::string quick(const GilPolicy& policy) {
  for (const ParameterBase* parameter : policy.parameters) {
    if (parameter->name() != "interval") continue;
    return policy.name +
           (parameter->kind() == ParameterBase::Kind::count ? ":interval=20" : ":interval=100us");
  }
  return policy.name;
}

// The checksum of a worker that keeps what `keep` keeps.
inline std::uint64_t checksum_of(const std::function<void(Worker&)>& keep) {
  const Workload workload;
  const Setup setup(workload, {}, 1);
  SeatAccount account;
  Seat seat(account);
  const auto gil = make_gil(parse_gil("none"));
  Station station(setup, seat, *gil, nullptr);
  Worker worker(station, 0);
  worker.begin_round(0);
  keep(worker);
  return worker.checksum();
}

// Why the crew failed in its round or at its end; empty when it did not.
inline std::string failure_of(const CrewPlan& plan, std::uint64_t operations = 4,
                              nanoseconds limit = kPatience) {
  try {
    Host host(plan);
    host.run_round(operations, limit);
    host.stop(limit);
  } catch (const CrewFailure& failure) {
    return failure.what();
  }
  return {};
}

}  // namespace contract
}  // namespace convoy
