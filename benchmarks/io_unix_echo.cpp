// There and back over a Unix socket: a local service without a network stack.
#include "harness/work/workload.hpp"

using convoy::operator""_B, convoy::operator""_MiB;
using namespace std::chrono_literals;

static const convoy::Parameter bytes{"bytes", 64_B, "Length of one message", 1_B, 1_MiB};
static const convoy::Parameter delay{"delay", 0ns, "How long the peer delays an answer", 0ns, 10s};
static const convoy::Local<convoy::EchoChannel> channel{convoy::EchoChannel::open};

CONVOY_WORKLOAD(io_unix_echo, io, "Send a message over a Unix socket and wait for its echo", bytes,
                delay, channel, convoy::EchoPeer{convoy::Transport::unix_stream, delay}) {
  return convoy::hold_conversation(worker, channel, bytes);
}
