// The job of an echo over many connections: each sends a message, another one each time, waits for
// its echo, checks it and notes how long that took, as whoever generates load does. The server is a
// process on the same CPU, and the clients' CPU time is compared.
#pragma once

#include <benchmark/benchmark.h>

#include <string>

#include "harness/base/clock.hpp"
#include "harness/base/histogram.hpp"
#include "harness/base/unique_fd.hpp"
#include "harness/loop/loop.hpp"
#include "harness/peer/peer.hpp"

namespace convoy::peers {

constexpr std::size_t kMessage = 64;  // bytes
constexpr int kRequests = 64'000;     // of all connections together

// A server and the thread that calls it, both on one CPU while this lasts. Throws what Peer does.
class EchoCall {
 public:
  explicit EchoCall(int connections);
  EchoCall(const EchoCall&) = delete;
  ~EchoCall();

  UniqueFd connect() const;  // non-blocking
  const PeerAddress& address() const { return peer_->address(); }

 private:
  CpuSet allowed_;
  std::unique_ptr<Peer> peer_;
};

// One connection's side of the job, for clients that have no coroutine to keep it in.
class Conversation {
 public:
  Conversation(int requests, Histogram& latency);
  bool over() const { return left_ == 0; }
  // What is still to be sent of the request, and where its answer's next bytes go.
  const char* unsent() const { return message_ + sent_; }
  std::size_t unsent_size() const { return kMessage - sent_; }
  void note_sent(std::size_t size) { sent_ += size; }
  char* room() { return answer_ + got_; }
  std::size_t room_size() const { return kMessage - got_; }
  // True when the answer is complete; it is checked and the next request is ready. Throws where it
  // is wrong.
  bool note_received(std::size_t size);

 private:
  Histogram* latency_;
  nanoseconds began_{0};
  int left_;
  std::size_t sent_ = 0, got_ = 0;
  char message_[kMessage];
  char answer_[kMessage];
};

// Runs `clients` as one pass: `clients(requests)` has each connection make so many requests and
// returns when all have. Reports the CPU time of a request.
template <class Clients>
void time_echo(benchmark::State& state, int connections, Clients clients) {
  clients(2);  // so that whatever is made at the first use is there
  for ([[maybe_unused]] auto _ : state) {
    const int each = kRequests / connections;
    const nanoseconds before = thread_cpu_time();
    clients(each);
    const nanoseconds used = thread_cpu_time() - before;
    state.SetIterationTime(std::chrono::duration<double>(used).count() / each / connections);
  }
}

// Convoy's: io_tcp_echo's own body on an event loop.
void echo_in_our_loop(benchmark::State& state, Engine engine, int connections);
template <Engine engine, int connections>
void ours(benchmark::State& state) {
  echo_in_our_loop(state, engine, connections);
}

}  // namespace convoy::peers
