// What fixtures and bodies find ready: the parameters' values, the peer's addresses, and things
// made before the round.
#pragma once

#include <sys/socket.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "harness/base/parameter.hpp"
#include "harness/base/unique_fd.hpp"

namespace convoy {

struct Workload;

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
  using Make = std::function<std::shared_ptr<void>(const Setup&, int worker)>;
  FixtureBase(bool per_worker, Make make) : per_worker_(per_worker), make_(std::move(make)) {}
  void describe(Workload& workload) const;
  bool per_worker() const { return per_worker_; }
  std::shared_ptr<void> make(const Setup& setup, int worker) const { return make_(setup, worker); }

 private:
  bool per_worker_;
  Make make_;
};

// Made once in the host, before the workers; every worker sees it (processes: a copy-on-write
// copy).
//   const Shared<Document> document{[](const Setup& setup) { return Document(setup[bytes]); }};
template <class T>
class Shared : public FixtureBase {
 public:
  using Value = T;
  explicit Shared(std::function<T(const Setup&)> make)
      : FixtureBase(false, [make = std::move(make)](const Setup& s, int) {
          return std::make_shared<T>(make(s));
        }) {}
};

// Made for each worker, on its seat and after pinning, outside the round.
//   const Local<UniqueFd> connection{[](const Setup& setup, int) { return setup.connect_to_peer();
//   }};
template <class T>
class Local : public FixtureBase {
 public:
  using Value = T;
  explicit Local(std::function<T(const Setup&, int worker)> make)
      : FixtureBase(true, [make = std::move(make)](const Setup& s, int worker) {
          return std::make_shared<T>(make(s, worker));
        }) {}
};

// The fixtures a host or a worker holds, in the descriptor's order; absent where they are the
// other's.
using Fixtures = std::vector<std::shared_ptr<void>>;
Fixtures make_shared_fixtures(const Setup& setup);
Fixtures make_local_fixtures(const Setup& setup, const Fixtures& shared, int worker);

}  // namespace convoy
