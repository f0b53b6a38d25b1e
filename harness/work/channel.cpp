#include "harness/work/channel.hpp"

#include <fcntl.h>
#include <mqueue.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <ctime>

#include "harness/base/check.hpp"

namespace convoy {
namespace {

constexpr long kMessages = 4;

// Waits, if it may, in the calling thread.
template <class Call>
std::size_t exchange(Worker& worker, Call call) {
  constexpr timespec kPast{};
  const bool may_block = worker.waiter() == nullptr;
  for (;;) {
    const ssize_t count = worker.native([&] { return call(may_block ? nullptr : &kPast); });
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno == ETIMEDOUT) return 0;
    if (errno != EINTR) throw_errno("mq_send or mq_receive");
  }
}

}  // namespace

Channel open_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    throw_errno("pipe2", "use fewer workers, or raise `ulimit -n`");
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

Channel open_sockets(int type) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends.data()) != 0)
    throw_errno("socketpair", "use fewer workers, or raise `ulimit -n`");
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

UniqueFd open_message_queue(const std::string& instead) {
  static std::atomic<int> number{0};  // relaxed: it only has to differ
  mq_attr attributes{};
  attributes.mq_maxmsg = kMessages;
  attributes.mq_msgsize = kLongestMessage;
  for (;;) {
    const std::string name = "/convoy-" + std::to_string(::getpid()) + "-" +
                             std::to_string(number.fetch_add(1, std::memory_order_relaxed));
    UniqueFd queue(
        ::mq_open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600, &attributes));
    if (queue) {
      ::mq_unlink(name.c_str());
      return queue;
    }
    if (errno == EEXIST) continue;  // of a program that was killed, or in another container
    throw_errno("mq_open", errno == EMFILE ? "use fewer workers, or raise `ulimit -q`"
                                           : "no message queue is available here: measure " +
                                                 instead + ", or raise fs.mqueue.queues_max");
  }
}

std::size_t send_message(Worker& worker, int queue, std::span<const char> message) {
  return exchange(worker, [&](const timespec* limit) -> ssize_t {
    const int result = limit == nullptr
                           ? ::mq_send(queue, message.data(), message.size(), 0)
                           : ::mq_timedsend(queue, message.data(), message.size(), 0, limit);
    return result < 0 ? -1 : static_cast<ssize_t>(message.size());
  });
}

std::size_t receive_message(Worker& worker, int queue, char* to) {
  return exchange(worker, [&](const timespec* limit) {
    return limit == nullptr ? ::mq_receive(queue, to, kLongestMessage, nullptr)
                            : ::mq_timedreceive(queue, to, kLongestMessage, nullptr, limit);
  });
}

}  // namespace convoy
