#include "benchmarks/peers/echo.hpp"

#include <fcntl.h>

#include <cstring>
#include <stdexcept>
#include <vector>

#include "benchmarks/self/crew_of_one.hpp"
#include "harness/base/check.hpp"

namespace convoy::peers {
EchoCall::EchoCall(int connections) : allowed_(current_affinity()) {
  const CpuSet one{allowed_.first()};
  peer_ = std::make_unique<Peer>(PeerPlan{.workers = connections, .cpus = one});
  bind_this_thread(one);
}

EchoCall::~EchoCall() { bind_this_thread(allowed_); }

UniqueFd EchoCall::connect() const {
  const PeerAddress& to = address();
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) throw_errno("socket", "raise `ulimit -n`");
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&to.address), to.size) != 0)
    throw_errno("connect");
  const int flags = ::fcntl(fd.get(), F_GETFL);
  ::fcntl(fd.get(), F_SETFL, flags | O_NONBLOCK);
  return fd;
}

Conversation::Conversation(int requests, Histogram& latency)
    : latency_(&latency), began_(now()), left_(requests) {
  for (std::size_t i = sizeof left_; i < kMessage; ++i) message_[i] = static_cast<char>('!' + i);
  std::memcpy(message_, &left_, sizeof left_);
}

bool Conversation::note_received(std::size_t size) {
  got_ += size;
  if (got_ < kMessage) return false;
  if (std::memcmp(message_, answer_, kMessage) != 0)
    throw std::runtime_error("the echo is not what was sent");
  const nanoseconds time = now();
  latency_->add((time - began_).count());
  began_ = time;
  sent_ = got_ = 0;
  --left_;
  std::memcpy(message_, &left_, sizeof left_);
  return true;
}

void echo_in_our_loop(benchmark::State& state, Engine engine, int connections) {
  const EchoCall call(connections);
  self::CrewOfOne crew("none", "io_tcp_echo");
  const Workload& workload = find_workload("io_tcp_echo");
  Setup setup(workload, workload.initial_arguments(), connections);
  setup.set_peer(call.address());
  const Fixtures shared = make_shared_fixtures(setup);
  std::vector<Worker> workers;
  std::vector<Task> tasks;
  Loop loop(engine, crew.gil(), crew.seat());
  Station station(setup, crew.seat(), crew.gil(), &loop);
  station.set_shared_fixtures(shared);
  workers.reserve(static_cast<std::size_t>(connections));
  for (int i = 0; i < connections; ++i) {
    workers.emplace_back(station, i);
    workers.back().make_local_fixtures();
  }
  time_echo(state, connections, [&](int requests) {
    tasks.clear();
    for (Worker& worker : workers) {
      worker.begin_round(static_cast<std::uint64_t>(requests));
      tasks.push_back(workload.body(worker));
    }
    loop.run(tasks);
  });
}

}  // namespace convoy::peers
