// An echo over many connections, against an io_uring loop written by hand for just this job.
#include <liburing.h>

#include <array>
#include <cerrno>
#include <memory>
#include <vector>

#include "benchmarks/peers/echo.hpp"
#include "benchmarks/self/comparison.hpp"
#include "harness/base/check.hpp"

namespace convoy::peers {
namespace {

class PlainRing {
 public:
  PlainRing(const EchoCall& call, int connections) {
    const int status = ::io_uring_queue_init(
        4096, &ring_, IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN);
    if (status < 0)
      throw_error_code(-status, "io_uring_setup", "this kernel or sandbox refuses it");
    for (int i = 0; i < connections; ++i) sockets_.push_back(call.connect());
  }
  PlainRing(const PlainRing&) = delete;
  ~PlainRing() { ::io_uring_queue_exit(&ring_); }

  void run(int requests) {
    conversations_.assign(sockets_.size(), Conversation(requests, *latency_));
    std::size_t talking = sockets_.size();
    for (std::size_t i = 0; i < sockets_.size(); ++i) ask(i);
    while (talking > 0) {
      if (const int status = ::io_uring_submit_and_wait(&ring_, 1); status < 0 && status != -EINTR)
        throw_error_code(-status, "io_uring_enter");
      unsigned head = 0, count = 0;
      io_uring_cqe* cqe = nullptr;
      io_uring_for_each_cqe(&ring_, head, cqe) {
        ++count;
        const auto i = static_cast<std::size_t>(io_uring_cqe_get_data64(cqe));
        if (cqe->res <= 0) throw_error_code(cqe->res < 0 ? -cqe->res : ECONNRESET, "send or recv");
        Conversation& talk = conversations_[i];
        if (!talk.note_received(static_cast<std::size_t>(cqe->res))) receive(i);
        else if (talk.over()) --talking;
        else ask(i);
      }
      ::io_uring_cq_advance(&ring_, count);
    }
  }

 private:
  io_uring_sqe* entry() {
    io_uring_sqe* sqe = ::io_uring_get_sqe(&ring_);
    while (sqe == nullptr) {
      ::io_uring_submit(&ring_);
      sqe = ::io_uring_get_sqe(&ring_);
    }
    return sqe;
  }
  // The whole request, told of only where that fails, and its answer behind it. Linked, they must
  // go in one submission.
  void ask(std::size_t i) {
    if (::io_uring_sq_space_left(&ring_) < 2) ::io_uring_submit(&ring_);
    Conversation& talk = conversations_[i];
    io_uring_sqe* const sqe = entry();
    ::io_uring_prep_send(sqe, sockets_[i].get(), talk.unsent(), talk.unsent_size(),
                         MSG_NOSIGNAL | MSG_WAITALL);
    sqe->flags |= IOSQE_IO_LINK | IOSQE_CQE_SKIP_SUCCESS;
    ::io_uring_sqe_set_data64(sqe, i);
    receive(i);
  }
  void receive(std::size_t i) {
    Conversation& talk = conversations_[i];
    io_uring_sqe* const sqe = entry();
    ::io_uring_prep_recv(sqe, sockets_[i].get(), talk.room(), talk.room_size(), 0);
    sqe->ioprio |= IORING_RECVSEND_POLL_FIRST;
    ::io_uring_sqe_set_data64(sqe, i);
  }

  io_uring ring_{};
  std::vector<UniqueFd> sockets_;
  std::vector<Conversation> conversations_;
  std::unique_ptr<Histogram> latency_ = std::make_unique<Histogram>();
};

template <int connections>
void plain(benchmark::State& state) {
  const EchoCall call(connections);
  try {
    PlainRing clients(call, connections);
    time_echo(state, connections, [&](int requests) { clients.run(requests); });
  } catch (const std::system_error& error) {
    state.SkipWithError(error.what());
  }
}

const self::ComparisonRegistration thousand{{"echo by io_uring, 1000 connections / plain io_uring",
                                             ours<Engine::io_uring, 1000>, plain<1000>,
                                             self::Bar::ratio_at_most, 1.05, 1}};
const self::ComparisonRegistration some{{"echo by io_uring, 64 connections / plain io_uring",
                                         ours<Engine::io_uring, 64>, plain<64>,
                                         self::Bar::ratio_at_most, 1.05, 1}};

}  // namespace
}  // namespace convoy::peers
