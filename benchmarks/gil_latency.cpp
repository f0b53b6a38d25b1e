// How long a datagram lies until a worker holds the lock again and has it: beside bytecode and
// beside long calls, between which the old lock and the new change places.
#include <cstring>
#include <string>

#include "harness/work/workload.hpp"

using convoy::operator""_B, convoy::operator""_KiB;
using namespace std::chrono_literals;

static const convoy::Parameter bytes{"bytes", 64_B, "Length of one message", 8_B, 32_KiB};
static const convoy::Parameter period{"period", 100ms, "Time from an answer to the next datagram",
                                      1ms, 10s};
static const convoy::Parameter spinners{"spinners", 1,
                                        "Number of background workers that only compute", 0, 64};
static const convoy::Parameter call{"call", 0ns,
                                    "Length of a spinner's calls, which contain no checkpoint; 0: "
                                    "bytecode, a checkpoint every 500ns",
                                    0ns, 1s};
static const convoy::Local<convoy::EchoChannel> channel{convoy::EchoChannel::open};

constexpr std::uint32_t kCallTicks = 8;  // bytecodes of a loop that does nothing but call

static convoy::Task spinner(convoy::Worker& worker) {
  const auto length = worker[call];
  return length > 0ns ? convoy::spin(worker, length, kCallTicks) : convoy::spin(worker, 500ns);
}

CONVOY_WORKLOAD(gil_latency, gil, "Answer an occasional datagram beside computing workers", bytes,
                period, spinners, call, channel, convoy::MeasureLateness{},
                convoy::EchoPeer{convoy::Transport::udp, period, true},
                convoy::Background{spinners, spinner}, convoy::UsualWorkers{{1}}) {
  const auto& peer = worker[channel];
  std::string message(static_cast<std::size_t>(worker[bytes].count), '.');
  while (worker.next()) {
    co_await peer.send(worker, message);
    const std::size_t size = co_await peer.receive(worker, message);
    std::int64_t sent = 0;
    std::memcpy(&sent, message.data(), sizeof sent);
    worker.note_lateness(convoy::now() - convoy::nanoseconds(sent));
    worker.keep(size);
  }
}
