// There and back through two pipes: the least a byte stream between processes can be.
#include "harness/work/workload.hpp"

using convoy::operator""_B, convoy::operator""_MiB;
using namespace std::chrono_literals;

static const convoy::Parameter bytes{"bytes", 64_B, "Length of one message", 1_B, 1_MiB};
static const convoy::Parameter delay{"delay", 0ns, "How long the peer delays an answer", 0ns, 10s};
static const convoy::Local<convoy::EchoChannel> channel{convoy::EchoChannel::open};

CONVOY_WORKLOAD(io_pipe, io, "Send a message through a pipe and wait for its echo", bytes, delay,
                channel, convoy::EchoPeer{convoy::Transport::pipe, delay}) {
  return convoy::hold_conversation(worker, channel, bytes);
}
