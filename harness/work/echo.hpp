// The conversation that all echo workloads hold with their peers: only the transport differs.
#pragma once

#include <cstddef>
#include <span>

#include "harness/base/parameter.hpp"
#include "harness/base/unique_fd.hpp"
#include "harness/work/fixture.hpp"
#include "harness/work/task.hpp"
#include "harness/work/wait.hpp"
#include "harness/work/worker.hpp"

namespace convoy {

// One worker's way to its peer and back: a connected socket of its own, or the pipes made for it.
// Opened on the worker's seat outside the round, which may block; then used by that worker alone.
class EchoChannel {
 public:
  // As a fixture: const Local<EchoChannel> channel{EchoChannel::open}. Throws std::system_error.
  static EchoChannel open(const Setup& setup, int worker);

  // One wait each, which may move fewer bytes than asked for.
  Wait send(Worker& worker, std::span<const char> bytes) const;
  Wait receive(Worker& worker, std::span<char> bytes) const;

 private:
  UniqueFd socket_;
  int from_peer_ = -1;
  int to_peer_ = -1;
};

// The body of an echo workload: an operation sends a message, another one each time, and waits
// until all of it is back. What came back is the result.
Task hold_conversation(Worker& worker, const Local<EchoChannel>& channel,
                       const Parameter<Bytes>& bytes);

}  // namespace convoy
