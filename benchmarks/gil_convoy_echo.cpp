// A conversation over UDP beside workers that compute: how often the lock is lost with a datagram,
// and what that makes of the rate.
#include "harness/work/workload.hpp"

using convoy::operator""_B, convoy::operator""_KiB;
using namespace std::chrono_literals;

static const convoy::Parameter bytes{"bytes", 64_B, "Length of one message", 8_B, 32_KiB};
static const convoy::Parameter delay{"delay", 0ns, "How long the peer delays an answer", 0ns, 10s};
static const convoy::Parameter spinners{"spinners", 1,
                                        "Number of background workers that only compute", 0, 64};
static const convoy::Parameter between{"between", 100ns,
                                       "Time between two checkpoints of a spinner", 100ns, 1s};
static const convoy::Local<convoy::EchoChannel> channel{convoy::EchoChannel::open};

static convoy::Task spinner(convoy::Worker& worker) {
  return convoy::spin(worker, worker[between]);
}

CONVOY_WORKLOAD(gil_convoy_echo, gil, "Exchange messages over UDP beside computing workers", bytes,
                delay, spinners, between, channel, convoy::EchoPeer{convoy::Transport::udp, delay},
                convoy::MeasureOperations{}, convoy::Background{spinners, spinner},
                convoy::UsualWorkers{{1}}) {
  return convoy::hold_conversation(worker, channel, bytes);
}
