// Items of some bytes from producers to consumers, through what processes can share: memory, a
// pipe, a socket or a message queue. Each says whose it is and which, and all of it is looked at.
// lint: long because items go four ways
#include <fcntl.h>

#include <cstring>
#include <stdexcept>
#include <vector>

#include "harness/sync/mutex.hpp"
#include "harness/sync/traffic.hpp"
#include "harness/work/workload.hpp"

using convoy::operator""_B, convoy::operator""_KiB;
using Item = convoy::TrafficItem;  // what an item begins with
using Place = std::int32_t;        // of an item in shared memory

namespace {
enum Through : std::int64_t { shared_memory, pipe_, unix_socket, message_queue };
}  // namespace
static const convoy::Choice through{
    "through", {"shared", "pipe", "unix_socket", "message_queue"}, "What the items go through"};
static const convoy::Parameter bytes{"bytes", 256_B, "Length of an item", 32_B, 64_KiB};
static const convoy::Parameter capacity{
    "capacity", 64, "With through=shared, capacity in items; otherwise the system decides", 1,
    4096};
static const convoy::Parameter consumers{
    "consumers", 0, "Number of workers that get; 0: half of them", 0, 1'000'000};

// Items lie in places of this memory, of which one queue hands over the used, the other the free.
static const convoy::Synced<convoy::Queue<Place>> queue{
    "queue", [](const convoy::Setup& setup) { return setup[capacity]; }};
static const convoy::Synced<convoy::LifoQueue<Place>> free_places{
    "free places", [](const convoy::Setup& setup) { return setup[capacity]; }};
static const convoy::SharedMemory<char> item_memory{[](const convoy::Setup& setup) {
  return setup[through] == shared_memory ? setup[capacity] * setup[bytes].count : 1;
}};

// A pipe is one stream of bytes, so that its readers and its writers need a lock each to keep items
// whole, as CPython's multiprocessing.SimpleQueue has them. Sockets keep messages whole themselves.
static const convoy::Synced<convoy::Mutex> readers{"readers"}, writers{"writers"};

static convoy::Channel open_pipe(const convoy::Setup& setup) {
  convoy::Channel made = convoy::open_pipe();
  if (setup.workers() == 1 && ::fcntl(made.in.get(), F_GETPIPE_SZ) < setup[bytes].count)
    throw std::invalid_argument(
        "queue_process: the pipe has no room for an item, and nobody else reads it: use 2 "
        "--workers, or fewer queue_process.bytes");
  return made;
}

static const convoy::Shared<convoy::Channel> channel{[](const convoy::Setup& setup) {
  switch (setup[through]) {
    case pipe_: return open_pipe(setup);
    case unix_socket: return convoy::open_sockets(SOCK_SEQPACKET);
    case message_queue:
      if (setup[bytes].count > static_cast<std::int64_t>(convoy::kLongestMessage))
        throw std::invalid_argument(
            "queue_process: a message queue takes 8 KiB at once: use --param "
            "queue_process.bytes=8KiB or less, or another queue_process.through");
      return convoy::Channel{convoy::open_message_queue("another queue_process.through"), {}};
    default: return convoy::Channel{};
  }
}};
static const convoy::SharedState<convoy::TrafficTotals> totals;

// What items consist of behind their beginning, from a byte that is each one's own.
static const convoy::Shared<std::vector<char>> pattern{[](const convoy::Setup& setup) {
  std::vector<char> made(256 + static_cast<std::size_t>(setup[bytes].count));
  for (std::uint64_t i = 0; i < made.size(); ++i)
    made[i] = static_cast<char>((i + 1) * 0x9E3779B97F4A7C15U >> 56);
  return made;
}};

namespace {
// What one producer puts: its share of the items. The last one to be done puts an item for each
// consumer after that, which says that no more will come.
class Producer {
 public:
  Producer(convoy::Worker& worker, int number, int producers, int ends)
      : worker_(worker),
        rests_(worker[pattern].data()),
        number_(number),
        producers_(producers),
        consumers_(ends),
        mine_(convoy::traffic::share_of(worker, number, producers)) {}
  // Writes the next one; false where there is none.
  bool make(std::span<char> to) {
    Item item{.producer = -1};
    if (count_ < mine_) {
      item = Item::of(number_, count_);
      marks_ += item.mark();
    } else {
      if (count_ == mine_ && !is_last()) return false;
      if (count_ == mine_ + consumers_) return false;
    }
    std::memcpy(to.data() + sizeof item, rests_ + item.mark() % 256, to.size() - sizeof item);
    if (count_++ % convoy::kTimedItems == 0) item.put_at = convoy::now().count();
    std::memcpy(to.data(), &item, sizeof item);
    return true;
  }

 private:
  // When all of its own are put.
  bool is_last() { return worker_[totals].note_put(mine_, marks_, producers_); }

  convoy::Worker& worker_;
  const char* rests_;
  int number_, producers_, consumers_;
  std::int64_t mine_, count_ = 0;
  std::uint64_t marks_ = 0;
};

// What one consumer gets, and whether it is right.
class Consumer {
 public:
  Consumer(convoy::Worker& worker, int producers, int all)
      : worker_(worker),
        rests_(worker[pattern].data()),
        consumers_(all),
        last_(static_cast<std::size_t>(producers), -1) {}
  // False where it says that no more will come.
  bool take(std::span<const char> from) {
    Item item;
    std::memcpy(&item, from.data(), sizeof item);
    const auto producer = static_cast<std::size_t>(item.producer);
    const bool ends = item.producer == -1;
    const bool intact = std::memcmp(from.data() + sizeof item, rests_ + item.mark() % 256,
                                    from.size() - sizeof item) == 0;
    convoy::expect(intact && (ends || producer < last_.size()), worker_,
                   "got an item that nobody put: {} of producer {}", item.number, item.producer);
    if (ends) {
      worker_[totals].note_got(worker_, count_, marks_, consumers_);
      return false;
    }
    convoy::expect(item.number > last_[producer], worker_, "item {} of producer {} came after {}",
                   item.number, item.producer, last_[producer]);
    last_[producer] = item.number;
    ++count_;
    marks_ += item.mark();
    convoy::traffic::report_time(worker_, item);
    return true;
  }

 private:
  convoy::Worker& worker_;
  const char* rests_;
  int consumers_;
  std::vector<std::int64_t> last_;  // number of each producer's
  std::int64_t count_ = 0;
  std::uint64_t marks_ = 0;
};
}  // namespace

// Consumers are the first workers; one alone puts and gets in turn.
CONVOY_WORKLOAD(queue_process, queue, "Pass items through what processes can share", through, bytes,
                capacity, consumers, queue, free_places, item_memory, readers, writers, channel,
                totals, pattern, convoy::kTimeInQueue, convoy::kLongestInQueue, convoy::kItemsLost,
                convoy::NoAnswer{}, convoy::WorkersNeedEachOther{}, convoy::Throughput{bytes},
                convoy::UsualWorkers{{4}}, convoy::UsualValues{through, {"shared", "pipe"}},
                convoy::UnderFewLocks{}) {
  const auto way = worker[through];
  const auto length = static_cast<std::size_t>(worker[bytes].count);
  const int others = convoy::traffic::consumers(worker, worker[consumers]);
  const int gets = std::max(1, others), puts = worker.count() - others;
  const bool producing = worker.index() >= others, consuming = worker.index() < gets;
  Producer producer(worker, worker.index() - others, puts, gets);
  Consumer consumer(worker, puts, gets);
  convoy::Queue<Place>& used = worker[queue];
  convoy::LifoQueue<Place>& unused = worker[free_places];
  char* const shared = worker[item_memory].data();
  convoy::Mutex &reading = worker[readers], &writing = worker[writers];
  const int in = worker[channel].in.get(), out = worker[channel].out.get();
  std::vector<char> buffer(std::max(length, convoy::kLongestMessage));
  const std::span<char> item = std::span(buffer).first(length);
  if (way == shared_memory && worker.index() == 0)
    for (Place place = 0; place < unused.capacity(); ++place) unused.try_put(worker, place);
  for (;;) {
    if (producing) {
      if (!producer.make(item)) break;
      if (way == shared_memory) {
        const Place place = co_await unused.get(worker);
        std::memcpy(shared + place * length, item.data(), length);
        co_await used.put(worker, place);
      } else if (way == message_queue) {
        for (std::size_t sent = 0; sent == 0;) {
          sent = convoy::send_message(worker, in, item);
          if (sent == 0) co_await worker.turn();
        }
      } else {
        if (way == pipe_) co_await writing.lock(worker);
        for (std::size_t sent = 0; sent < length;) {
          const std::size_t count = co_await worker.write(out, item.subspan(sent));
          sent += count;
        }
        if (way == pipe_) writing.unlock(worker);
      }
    }
    if (consuming) {
      std::size_t got = way == shared_memory ? length : 0;
      if (way == shared_memory) {
        const Place place = co_await used.get(worker);
        std::memcpy(item.data(), shared + place * length, length);
        co_await unused.put(worker, place);
      } else if (way == message_queue) {
        while (got == 0) {
          got = convoy::receive_message(worker, in, buffer.data());
          if (got == 0) co_await worker.turn();
        }
      } else {
        if (way == pipe_) co_await reading.lock(worker);
        while (got < length) {
          const std::size_t count = co_await worker.read(in, item.subspan(got));
          got += count;
        }
        if (way == pipe_) reading.unlock(worker);
      }
      convoy::expect(got == length, worker, "{} of an item's {} bytes came", got, length);
      if (!consumer.take(item)) break;
    }
    worker.next();
    worker.checkpoint();
  }
  while (worker.next()) continue;  // who had fewer items than others
}
