// What fixtures and bodies find ready: the parameters' values, the peer's addresses, and things
// made before the round.
#pragma once

#include <sys/socket.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "harness/base/mapping.hpp"
#include "harness/base/parameter.hpp"
#include "harness/base/unique_fd.hpp"

namespace convoy {

struct Workload;
class WaitTable;

// Where the peer listens: a socket address, or for pipes one pair of descriptors a worker (read
// end, write end).
struct PeerAddress {
  sockaddr_storage address{};
  socklen_t size = 0;
  int socket_type = 0;  // SOCK_STREAM or SOCK_DGRAM
  std::vector<std::pair<int, int>> pipes;
};

// The resolved surroundings of one crew. Made by the controller before the host is forked;
// read-only in workers.
class Setup {
 public:
  Setup(const Workload& workload, std::vector<std::int64_t> arguments, int workers)
      : workload_(&workload), arguments_(std::move(arguments)), workers_(workers) {}

  template <class P>
  auto operator[](const P& parameter) const {
    return P::decode(argument(parameter));
  }
  const Workload& workload() const { return *workload_; }
  const std::vector<std::int64_t>& arguments() const { return arguments_; }
  // Those whose operations count; they have the indexes from 0.
  int workers() const { return workers_; }
  // Workers that run in the background until those are done; they have the indexes after them.
  int background_workers() const;
  int bodies() const { return workers() + background_workers(); }
  const PeerAddress& peer() const { return peer_; }
  void set_peer(PeerAddress peer) { peer_ = std::move(peer); }

  // A connected socket to the peer (blocking; whoever waits on it decides otherwise). Throws
  // std::system_error.
  UniqueFd connect_to_peer() const;
  // An open file without a name, in $CONVOY_SCRATCH or else /var/tmp: nothing is left behind.
  // `direct` bypasses the page cache; not every file system lets it. Throws std::system_error.
  UniqueFd scratch_file(bool direct = false) const;

 private:
  std::int64_t argument(const ParameterBase& parameter) const;

  const Workload* workload_;
  std::vector<std::int64_t> arguments_;
  int workers_;
  PeerAddress peer_;
};

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

// Memory that all workers share, processes too: `count` zeroed elements, made once in the host. T has
// no pointers into what is not shared as well, and nothing to be destroyed.
//   const SharedArray<std::byte> buffer{[](const Setup& setup) { return setup[size].count; }};
template <class T>
class SharedArray : public FixtureBase {
  static_assert(std::is_trivially_destructible_v<T>);

 public:
  using Value = std::span<T>;
  explicit SharedArray(std::function<std::int64_t(const Setup&)> count)
      : FixtureBase(false, [count = std::move(count)](const Setup& s, int, WaitTable*) {
          struct Made {
            Mapping memory;
            std::span<T> elements;
          };
          const auto n = static_cast<std::size_t>(count(s));
          const std::shared_ptr<Made> made(
              new Made{Mapping(std::max<std::size_t>(1, n) * sizeof(T)), {}});
          made->elements = {static_cast<T*>(made->memory.data()), n};
          return std::shared_ptr<void>(made, &made->elements);
        }) {}
};

// One T that all workers share, processes too, as new before every round.
//   struct Total { std::atomic<std::uint64_t> number{0}; };
//   const InSharedMemory<Total> total;
template <class T>
class InSharedMemory : public FixtureBase {
  static_assert(std::is_trivially_destructible_v<T>);

 public:
  using Value = T;
  InSharedMemory()
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

// The fixtures a host or a worker holds, in the descriptor's order; absent where they are the
// other's.
using Fixtures = std::vector<std::shared_ptr<void>>;
Fixtures make_shared_fixtures(const Setup& setup, WaitTable* waits = nullptr);
// Before a round, while no worker runs: once a crew.
void reset_shared_fixtures(const Setup& setup, const Fixtures& shared);
Fixtures make_local_fixtures(const Setup& setup, const Fixtures& shared, int worker);

}  // namespace convoy
