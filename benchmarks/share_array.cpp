// Pairs of workers that hand an array over, in turn, and add up what they got: through memory that
// both see, of which nothing is copied, or as messages, of which all is.
// lint: long because an array goes four ways
#include <fcntl.h>
#include <mqueue.h>

#include <array>
#include <cerrno>
#include <ctime>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness/sync/each.hpp"
#include "harness/sync/event.hpp"
#include "harness/work/workload.hpp"

using convoy::operator""_KiB, convoy::operator""_MiB;

namespace {
enum Via : std::int64_t { shared_memory, pipe_, unix_socket, message_queue };
}  // namespace
static const convoy::Choice via{"via",
                                {"shared_memory", "pipe", "unix_socket", "message_queue"},
                                "What the array goes through"};
static const convoy::Parameter bytes{"bytes", 64_KiB, "Length of the array", 4_KiB, 64_MiB};

// The system's default for the length of a message, and few of them: all queues of a user together
// may hold 800 KiB.
constexpr std::size_t kMessage = 8192;
constexpr long kMessages = 4;

namespace {
// The way from one worker to its partner. A queue has one end only: a descriptor, on Linux.
struct Channel {
  convoy::UniqueFd in, out;
};
}  // namespace

static Channel open_queue(int number) {
  // A name for a moment only, so that nothing is left behind.
  const std::string name = "/convoy-" + std::to_string(::getpid()) + "-" + std::to_string(number);
  mq_attr attributes{};
  attributes.mq_maxmsg = kMessages;
  attributes.mq_msgsize = kMessage;
  convoy::UniqueFd queue(
      ::mq_open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600, &attributes));
  if (!queue)
    convoy::throw_errno("mq_open", errno == EMFILE
                                       ? "use fewer workers, or raise `ulimit -q`"
                                       : "no message queue is to be had here: measure another "
                                         "share_array.via, or raise fs.mqueue.queues_max");
  ::mq_unlink(name.c_str());
  return {std::move(queue), {}};
}

static Channel open_stream(bool socket) {
  std::array<int, 2> ends{};
  const int result = socket ? ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data())
                            : ::pipe2(ends.data(), O_CLOEXEC);
  if (result != 0)
    convoy::throw_errno(socket ? "socketpair" : "pipe2", "use fewer workers, or raise `ulimit -n`");
  return {convoy::UniqueFd(ends[0]), convoy::UniqueFd(ends[1])};
}

static const convoy::Shared<std::vector<Channel>> channels{[](const convoy::Setup& setup) {
  if (setup.workers() % 2 != 0)
    throw std::invalid_argument("share_array needs pairs: use an even number of --workers");
  std::vector<Channel> made;
  for (int i = 0; i < setup.workers() && setup[via] != shared_memory; ++i)
    made.push_back(setup[via] == message_queue ? open_queue(i)
                                               : open_stream(setup[via] == unix_socket));
  return made;
}};
static const convoy::Synced<convoy::Each<convoy::Event>> doors{
    "door",
    [](const convoy::Setup& setup) { return setup[via] == shared_memory ? setup.workers() : 0; }};

// An array each, which its worker fills; in words, and so long that a message fits in.
static std::size_t room(std::int64_t length) {
  const auto size = static_cast<std::size_t>(length);
  return (size + kMessage - 1) / kMessage * kMessage / sizeof(std::uint64_t);
}
static const convoy::SharedMemory<std::uint64_t> arrays{[](const convoy::Setup& setup) {
  return setup.workers() * static_cast<std::int64_t>(room(setup[bytes].count));
}};

static void fill(std::span<std::uint64_t> words, std::uint64_t first) {
  for (std::uint64_t& word : words) word = first++;
}

// What they add up to, which has to be what was filled in.
static std::uint64_t add_up(std::span<const std::uint64_t> words, std::uint64_t first) {
  std::uint64_t sum = 0;
  for (const std::uint64_t word : words) sum += word;
  const std::uint64_t count = words.size();
  if (sum != count * first + count * (count - 1) / 2)
    throw std::runtime_error(
        "wrong answer: the array that came is not the one that was sent; this "
        "is a defect of the model");
  return sum;
}

// One message, without the lock; 0 where an event loop would have to wait, which cannot for queues.
template <class Call>
static std::size_t exchange(convoy::Worker& worker, Call call) {
  constexpr timespec kPast{};
  const bool may_block = worker.waiter() == nullptr;
  for (;;) {
    const ssize_t count = worker.native([&] { return call(may_block ? nullptr : &kPast); });
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno == ETIMEDOUT) return 0;
    if (errno != EINTR) convoy::throw_errno("mq_send or mq_receive");
  }
}
static std::size_t push(convoy::Worker& worker, int queue, std::span<const char> rest) {
  const std::size_t size = std::min(rest.size(), kMessage);
  return exchange(worker, [&](const timespec* limit) -> ssize_t {
    const int result = limit == nullptr ? ::mq_send(queue, rest.data(), size, 0)
                                        : ::mq_timedsend(queue, rest.data(), size, 0, limit);
    return result < 0 ? -1 : static_cast<ssize_t>(size);
  });
}
static std::size_t pull(convoy::Worker& worker, int queue, char* to) {
  return exchange(worker, [&](const timespec* limit) {
    return limit == nullptr ? ::mq_receive(queue, to, kMessage, nullptr)
                            : ::mq_timedreceive(queue, to, kMessage, nullptr, limit);
  });
}

CONVOY_WORKLOAD(share_array, share, "Hand an array to another worker, and add up the one it sends",
                via, bytes, channels, doors, arrays, convoy::WorkersNeedEachOther{},
                convoy::Throughput{bytes}, convoy::UsualWorkers{{2}},
                convoy::UsualValues{via, {"shared_memory", "pipe"}}, convoy::UnderFewLocks{}) {
  const auto way = worker[via];
  const int partner = worker.index() ^ 1;
  const auto mine = static_cast<std::size_t>(worker.index());
  const auto theirs = static_cast<std::size_t>(partner);
  const auto size = static_cast<std::size_t>(worker[bytes].count);
  const std::size_t words = size / sizeof(std::uint64_t), distance = room(worker[bytes].count);
  std::vector<std::uint64_t> copy(way == shared_memory ? 0 : distance);
  const std::span<std::uint64_t> sent = worker[arrays].subspan(mine * distance, distance);
  const std::span<std::uint64_t> got =
      way == shared_memory ? worker[arrays].subspan(theirs * distance, distance) : std::span(copy);
  const std::span<const char> out(reinterpret_cast<const char*>(sent.data()), size);
  const std::span<char> in(reinterpret_cast<char*>(got.data()), size);
  const bool has_channel = way != shared_memory;
  const Channel* const to = has_channel ? &worker[channels][mine] : nullptr;
  const Channel* const from = has_channel ? &worker[channels][theirs] : nullptr;
  convoy::Each<convoy::Event>& events = worker[doors];
  std::uint64_t sum = 0;
  for (std::uint64_t operation = 0; worker.next(); ++operation)
    for (int half = 0; half < 2; ++half) {
      if ((half == 0) == (worker.index() < partner)) {
        fill(sent.first(words), operation + mine);
        if (way == shared_memory) events[partner].set(worker);
        for (std::size_t done = has_channel ? 0 : size; done < size;) {
          const std::span<const char> rest = out.subspan(done);
          if (way == message_queue) {
            const std::size_t count = push(worker, to->in.get(), rest);
            if (count == 0) co_await worker.turn();
            done += count;
          } else if (way == pipe_) {
            const std::size_t count = co_await worker.write(to->out.get(), rest);
            done += count;
          } else {
            const std::size_t count = co_await worker.send(to->out.get(), rest);
            done += count;
          }
        }
        continue;
      }
      if (way == shared_memory) {
        convoy::Event& door = events[worker.index()];
        co_await door.wait(worker);
        door.clear();
      }
      for (std::size_t done = has_channel ? 0 : size; done < size;) {
        const std::span<char> rest = in.subspan(done);
        if (way == message_queue) {
          const std::size_t count = pull(worker, from->in.get(), rest.data());
          if (count == 0) co_await worker.turn();
          done += count;
        } else if (way == pipe_) {
          const std::size_t count = co_await worker.read(from->in.get(), rest);
          done += count;
        } else {
          const std::size_t count = co_await worker.recv(from->in.get(), rest);
          done += count;
        }
      }
      sum += add_up(got.first(words), operation + theirs);
      worker.checkpoint();
    }
  worker.keep(sum);
}
