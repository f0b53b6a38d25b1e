// Ways that bytes take from one process to another: pipes, Unix sockets and POSIX message queues.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "harness/base/unique_fd.hpp"
#include "harness/work/worker.hpp"

namespace convoy {

// What one end takes in the other gives out. For a Shared fixture: made before workers are forked,
// so that all of them have both ends.
struct Channel {
  UniqueFd in, out;  // to read from, and to write to
};

// They throw std::system_error where there is none to be had.
Channel open_pipe();
Channel open_sockets(int type);  // SOCK_STREAM, or SOCK_SEQPACKET, which keeps messages whole

// A message queue is one descriptor, on Linux, and has a name for a moment only, so that nothing is
// left behind. It holds few messages, since all queues of a user together may hold 800 KiB.
// `instead`: what else can be measured, for the error: "another share_array.via".
constexpr std::size_t kLongestMessage = 8192;  // the system's default
UniqueFd open_message_queue(const std::string& instead);

// One message, without the interpreter lock: its length, or 0 where an event loop would have to
// wait, which it cannot for message queues; let others run then, and try again:
//   const std::size_t count = send_message(worker, queue, message);
//   if (count == 0) co_await worker.turn();
// No message is empty, and whoever receives has room for kLongestMessage.
std::size_t send_message(Worker& worker, int queue, std::span<const char> message);
std::size_t receive_message(Worker& worker, int queue, char* to);

}  // namespace convoy
