// There and back over UDP on the loopback interface: a datagram each way and no stream between.
#include "harness/work/workload.hpp"

using convoy::operator""_B, convoy::operator""_KiB;
using namespace std::chrono_literals;

static const convoy::Parameter bytes{"bytes", 64_B, "Length of one message", 1_B, 32_KiB};
static const convoy::Parameter delay{"delay", 0ns, "How long the peer delays an answer", 0ns, 10s};
static const convoy::Local<convoy::EchoChannel> channel{convoy::EchoChannel::open};

CONVOY_WORKLOAD(io_udp_echo, io, "Send a datagram and wait for its echo", bytes, delay, channel,
                convoy::EchoPeer{convoy::Transport::udp, delay}) {
  return convoy::hold_conversation(worker, channel, bytes);
}
