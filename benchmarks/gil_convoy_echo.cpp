// A conversation over UDP beside workers that compute: how often the lock is lost with a datagram,
// and what that makes of the rate.
#include "harness/work/workload.hpp"

using convoy::operator""_B, convoy::operator""_KiB;
using namespace std::chrono_literals;

static const convoy::Parameter bytes{"bytes", 64_B, "Length of one message", 8_B, 32_KiB};
static const convoy::Parameter delay{"delay", 0ns, "How long the peer takes over one answer", 0ns,
                                     10s};
static const convoy::Parameter spinners{"spinners", 1, "Workers that only compute meanwhile", 0,
                                        64};
static const convoy::Parameter between{"between", 100ns, "A spinner's time between two checkpoints",
                                       100ns, 1s};
static const convoy::Local<convoy::EchoChannel> channel{convoy::EchoChannel::open};

static convoy::Task spinner(convoy::Worker& worker) {
  return convoy::spin(worker, worker[between]);
}

CONVOY_WORKLOAD(gil_convoy_echo, gil, "Talk over UDP beside workers that compute", bytes, delay,
                spinners, between, channel, convoy::EchoPeer{convoy::Transport::udp, delay},
                convoy::MeasureOperations{}, convoy::Background{spinners, spinner},
                convoy::UsualWorkers{{1}}) {
  return convoy::hold_conversation(worker, channel, bytes);
}
