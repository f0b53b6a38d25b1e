// An event loop on io_uring, written by hand for each job alone.
// needs: header liburing.h in liburing-dev
// needs: library uring in liburing-dev
#include <liburing.h>
#include <sys/utsname.h>

#include "benchmarks/runtimes/shared/sleepers.hpp"

namespace {

using namespace convoy::runtimes;

int expect(int result, const char* call) {
  if (result < 0) throw std::system_error(-result, std::generic_category(), call);
  return result;
}

// A ring of one thread, in the best way that this kernel has.
class Ring {
 public:
  explicit Ring(unsigned entries) {
    // The first since Linux 6.1, where completions come only when they are waited for.
    constexpr unsigned kWays[] = {
        IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_COOP_TASKRUN,
        IORING_SETUP_COOP_TASKRUN, 0};
    int result = -EINVAL;
    for (const unsigned way : kWays) {
      if (result != -EINVAL) break;
      result = ::io_uring_queue_init(entries, &ring_, way | IORING_SETUP_CLAMP);
      deferred_ = result == 0 && (way & IORING_SETUP_DEFER_TASKRUN) != 0;
    }
    expect(result, "io_uring_setup");
  }
  Ring(const Ring&) = delete;
  ~Ring() { ::io_uring_queue_exit(&ring_); }

  io_uring* get() { return &ring_; }
  // A place in the queue; a full one is handed to the kernel first.
  io_uring_sqe* next() {
    io_uring_sqe* entry = ::io_uring_get_sqe(&ring_);
    if (entry == nullptr) {
      submit();
      entry = ::io_uring_get_sqe(&ring_);
    }
    return entry;
  }
  // So that both are submitted together, as what is linked must be.
  void make_room(unsigned entries) {
    if (::io_uring_sq_space_left(&ring_) < entries) submit();
  }
  void submit() { expect(::io_uring_submit(&ring_), "io_uring_submit"); }
  // Hands over all that was queued, waits for a completion, and hands out all that are there.
  template <class Take>
  void turn(Take take) {
    const int result = ::io_uring_submit_and_wait(&ring_, 1);
    if (result != -EINTR) expect(result, "io_uring_enter");
    io_uring_cqe* completion;
    unsigned head, count = 0;
    io_uring_for_each_cqe(&ring_, head, completion) {
      ++count;
      take(*completion);
    }
    ::io_uring_cq_advance(&ring_, count);
  }
  // Blocks for so long, since nothing completes.
  void pause(std::int64_t ns) {
    __kernel_timespec limit{ns / 1'000'000'000, ns % 1'000'000'000};
    io_uring_cqe* none = nullptr;
    const int result = ::io_uring_wait_cqe_timeout(&ring_, &none, &limit);
    if (result != -ETIME && result != -EINTR) expect(result, "io_uring_enter");
  }
  // Linux 6.1 has everything that was new in 5.19.
  bool deferred() const { return deferred_; }

 private:
  io_uring ring_{};
  bool deferred_ = false;
};

constexpr unsigned kEntries = 4096;

// Not by a time-out of the kernel's for each sleeper, which would be an entry for each sleep.
class Sleep : public Sleepers {
 public:
  explicit Sleep(const Setting& setting) : Sleepers(setting), ring_(1) {}

 private:
  void wait(std::int64_t ns) override { ring_.pause(ns); }
  Ring ring_;
};

// An answer and the wait for the next request are one link of the chain: an operation is one
// completion.
class Echo : public Job {
 public:
  explicit Echo(const Setting& setting)
      : bytes_(static_cast<std::size_t>(setting["bytes"])),
        connections_(accept_clients(setting)),
        messages_(connections_.size() * bytes_),
        ring_(kEntries) {
    expect(::io_uring_register_files(ring_.get(), connections_.data(),
                                     static_cast<unsigned>(connections_.size())),
           "io_uring_register_files");
    for (std::size_t which = 0; which < connections_.size(); ++which) receive(which);
    ring_.submit();
  }
  void prepare(std::int64_t operations) override {
    left_ = ordered_ = operations * static_cast<std::int64_t>(connections_.size());
  }
  std::int64_t run() override {
    while (left_ > 0) ring_.turn([this](const io_uring_cqe& completion) { take(completion); });
    ring_.submit();
    return ordered_;
  }

 private:
  static constexpr std::uint64_t kSent = 1;  // the lowest bit: of an answer, not of a request

  void take(const io_uring_cqe& completion) {
    const std::size_t which = completion.user_data >> 1;
    // Of an answer only its failure is told, and before that of what is linked to it.
    if ((completion.user_data & kSent) != 0) expect(completion.res, "send");
    const auto size = static_cast<std::size_t>(expect(completion.res, "recv"));
    if (size != bytes_) throw std::runtime_error("recv: the client hung up");
    --left_;
    ring_.make_room(2);
    send(which);
    receive(which);
  }
  void send(std::size_t which) {
    io_uring_sqe* entry = ring_.next();
    ::io_uring_prep_send(entry, static_cast<int>(which), message(which), bytes_,
                         MSG_NOSIGNAL | MSG_WAITALL);
    entry->user_data = which << 1 | kSent;
    entry->flags |= IOSQE_FIXED_FILE | IOSQE_IO_LINK | IOSQE_CQE_SKIP_SUCCESS;
  }
  void receive(std::size_t which) {
    io_uring_sqe* entry = ring_.next();
    ::io_uring_prep_recv(entry, static_cast<int>(which), message(which), bytes_, MSG_WAITALL);
    entry->user_data = which << 1;
    entry->flags |= IOSQE_FIXED_FILE;
    // The client has yet to get its answer: a first attempt would find nothing.
    if (ring_.deferred()) entry->ioprio |= IORING_RECVSEND_POLL_FIRST;
  }
  char* message(std::size_t which) { return messages_.data() + which * bytes_; }

  std::size_t bytes_;
  std::vector<int> connections_;
  std::vector<char> messages_;
  Ring ring_;
  std::int64_t left_ = 0, ordered_ = 0;
};

// Where it is forbidden, as in many containers, there is nothing to describe.
void require_ring() {
  try {
    const Ring ring(1);
  } catch (const std::system_error& error) {
    throw std::runtime_error(std::string("io_uring cannot be used here (") + error.what() +
                             "); allow it by `sysctl kernel.io_uring_disabled=0`, and in the "
                             "container's seccomp profile");
  }
}

}  // namespace

int main(int count, char** words) {
  try {
    require_ring();
  } catch (const std::exception& error) {
    give_up(error);
  }
  utsname system{};
  ::uname(&system);
  return serve(count, words, std::string("Linux ") + system.release,
               "A hand-written event loop on io_uring",
               {offer<Sleep>("fanout_sleep", "wait"), offer<Sleep>("mixed", "cpu wait"),
                offer<Echo>("server_echo", "bytes rate arrivals")});
}
