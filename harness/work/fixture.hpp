// What is made for workers before a round and outside it, and what they share.
#pragma once

#include <functional>
#include <memory>
#include <new>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "harness/base/mapping.hpp"
#include "harness/work/setup.hpp"

namespace convoy {

class WaitTable;

// The type-erased half of fixtures.
class FixtureBase {
 public:
  // `waits`: where objects that workers wait on are listed; null but for those that need it.
  using Make = std::function<std::shared_ptr<void>(const Setup&, int worker, WaitTable* waits)>;
  // Called for shared fixtures before every round, while no worker runs.
  using Reset = std::function<void(void* made)>;
  FixtureBase(bool per_worker, Make make, Reset reset = {})
      : per_worker_(per_worker), make_(std::move(make)), reset_(std::move(reset)) {}
  void describe(Workload& workload) const;
  bool per_worker() const { return per_worker_; }
  // Whether workers wait for each other on it, so that their crew has a WaitTable.
  bool needs_waits() const { return needs_waits_; }
  std::shared_ptr<void> make(const Setup& setup, int worker, WaitTable* waits) const {
    return make_(setup, worker, waits);
  }
  void reset(void* made) const {
    if (reset_) reset_(made);
  }

 protected:
  bool needs_waits_ = false;

 private:
  bool per_worker_;
  Make make_;
  Reset reset_;
};

// Made once in the host, before the workers; every worker sees it (processes: a copy-on-write
// copy).
//   const Shared<Document> document{[](const Setup& setup) { return Document(setup[bytes]); }};
template <class T>
class Shared : public FixtureBase {
 public:
  using Value = T;
  explicit Shared(std::function<T(const Setup&)> make)
      : FixtureBase(false, [make = std::move(make)](const Setup& s, int, WaitTable*) {
          return std::make_shared<T>(make(s));
        }) {}
};

// So many values that all workers share, processes too, made once in the host and zero at first;
// read as a std::span<T>. A worker writes to its own or to atomic ones.
//   const SharedMemory<Slot> slots{[](const Setup& setup) { return setup.workers(); }};
template <class T>
class SharedMemory : public FixtureBase {
 public:
  static_assert(std::is_trivially_destructible_v<T>);
  using Value = std::span<T>;
  explicit SharedMemory(std::function<std::int64_t(const Setup&)> count)
      : FixtureBase(false, [count = std::move(count)](const Setup& s, int, WaitTable*) {
          const auto made = std::make_shared<Held>(static_cast<std::size_t>(count(s)));
          return std::shared_ptr<void>(made, &made->values);
        }) {}

 private:
  struct Held {
    explicit Held(std::size_t count)
        : mapping(count * sizeof(T)), values(static_cast<T*>(mapping.data()), count) {
      std::uninitialized_value_construct(values.begin(), values.end());
    }
    Mapping mapping;
    std::span<T> values;
  };
};

// One T that all workers share, processes too, as new before every round.
//   struct Total { std::atomic<std::uint64_t> number{0}; };
//   const SharedState<Total> total;
template <class T>
class SharedState : public FixtureBase {
  static_assert(std::is_trivially_destructible_v<T>);

 public:
  using Value = T;
  SharedState()
      : FixtureBase(
            false,
            [](const Setup&, int, WaitTable*) {
              auto memory = std::make_shared<Mapping>(sizeof(T));
              return std::shared_ptr<void>(memory, new (memory->data()) T{});
            },
            [](void* made) { new (made) T{}; }) {}
};

// Made for each worker, on its seat and after pinning, outside the round.
//   const Local<UniqueFd> connection{[](const Setup& setup, int) { return setup.connect_to_peer();
//   }};
template <class T>
class Local : public FixtureBase {
 public:
  using Value = T;
  explicit Local(std::function<T(const Setup&, int worker)> make)
      : FixtureBase(true, [make = std::move(make)](const Setup& s, int worker, WaitTable*) {
          return std::make_shared<T>(make(s, worker));
        }) {}
};

// Whether the workers of its crew wait for each other on any of its fixtures.
bool needs_waits(const Workload& workload);

// The fixtures a host or a worker holds, in the descriptor's order; null where they are the
// other's.
using Fixtures = std::vector<std::shared_ptr<void>>;
Fixtures make_shared_fixtures(const Setup& setup, WaitTable* waits = nullptr);
// Before a round, while no worker runs: once a crew.
void reset_shared_fixtures(const Setup& setup, const Fixtures& shared);
Fixtures make_local_fixtures(const Setup& setup, int worker);

}  // namespace convoy
