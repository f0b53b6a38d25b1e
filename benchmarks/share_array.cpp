// Pairs of workers that hand an array over, in turn, and add up what they got: through memory that
// both see, of which nothing is copied, or as messages, of which all is.
// lint: long because an array goes four ways
#include <algorithm>
#include <stdexcept>
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

using convoy::Channel, convoy::kLongestMessage;

// The way from one worker to its partner. A message queue has one end only.
static Channel open_channel(std::int64_t way) {
  if (way == message_queue) return {convoy::open_message_queue("another share_array.via"), {}};
  return way == unix_socket ? convoy::open_sockets(SOCK_STREAM) : convoy::open_pipe();
}

static const convoy::Shared<std::vector<Channel>> channels{[](const convoy::Setup& setup) {
  if (setup.workers() % 2 != 0)
    throw std::invalid_argument("share_array needs pairs: use an even number of --workers");
  std::vector<Channel> made;
  for (int i = 0; i < setup.workers() && setup[via] != shared_memory; ++i)
    made.push_back(open_channel(setup[via]));
  return made;
}};
static const convoy::Synced<convoy::Each<convoy::Event>> doors{
    "door",
    [](const convoy::Setup& setup) { return setup[via] == shared_memory ? setup.workers() : 0; }};

// An array each, which its worker fills; in words, and so long that a message fits in.
static std::size_t room(std::int64_t length) {
  const auto size = static_cast<std::size_t>(length);
  return (size + kLongestMessage - 1) / kLongestMessage * kLongestMessage / sizeof(std::uint64_t);
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

CONVOY_WORKLOAD(share_array, share, "Send an array to another worker, and sum the one received",
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
            const std::span<const char> part = rest.first(std::min(rest.size(), kLongestMessage));
            const std::size_t count = convoy::send_message(worker, to->in.get(), part);
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
          const std::size_t count = convoy::receive_message(worker, from->in.get(), rest.data());
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
