// All wait for all, as programs do that have no barrier of the harness: with pthread's, and with
// pipes through which one counts the others and lets each go.
// lint: long because there are two ways to wait
#include <pthread.h>

#include <atomic>
#include <memory>
#include <span>
#include <vector>

#include "harness/sync/proof.hpp"
#include "harness/work/workload.hpp"

namespace {
enum How : std::int64_t { pthread_, pipe_ };
}  // namespace
static const convoy::Choice how{
    "how", {"pthread", "pipe"}, "What the workers wait for each other on"};

namespace {
// Between processes as between threads.
class SystemBarrier {
 public:
  explicit SystemBarrier(int parties) : memory_(sizeof(pthread_barrier_t)) {
    pthread_barrierattr_t attributes;
    ::pthread_barrierattr_init(&attributes);
    ::pthread_barrierattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    ::pthread_barrier_init(get(), &attributes, static_cast<unsigned>(parties));
    ::pthread_barrierattr_destroy(&attributes);
  }
  pthread_barrier_t* get() const { return static_cast<pthread_barrier_t*>(memory_.data()); }

 private:
  convoy::Mapping memory_;  // a barrier in it keeps nothing elsewhere
};

// Relaxed: the barrier orders them.
struct Count {
  std::atomic<std::uint64_t> come{0};
};
}  // namespace

static const convoy::Shared<std::unique_ptr<SystemBarrier>> barrier{
    [](const convoy::Setup& setup) { return std::make_unique<SystemBarrier>(setup.workers()); }};
// Worker 0 reads a byte of each other worker from the first, then writes one to each of the others,
// which are the workers' own.
static const convoy::Shared<std::vector<convoy::Channel>> pipes{[](const convoy::Setup& setup) {
  std::vector<convoy::Channel> made;
  for (int i = 0; i < setup.workers() && setup[how] == pipe_; ++i)
    made.push_back(convoy::open_pipe());
  return made;
}};
static const convoy::SharedState<Count> count;

static const convoy::Figure wait{"wait_ns", "ns", convoy::Combine::mean,
                                 "Time from a worker's arrival until it continues"};
static const convoy::Figure longest_wait{"longest_wait_ns", "ns", convoy::Combine::max,
                                         "The longest of those"};

CONVOY_WORKLOAD(sync_barrier_system, sync, "Wait for all others, with pthread's barrier or pipes",
                how, barrier, pipes, count, wait, longest_wait, convoy::WorkersNeedEachOther{},
                convoy::BlocksThreads{}, convoy::UsualWorkers{{2, 4}},
                convoy::UsualValues{how, {"pthread", "pipe"}}, convoy::UnderFewLocks{}) {
  const std::vector<convoy::Channel>& all = worker[pipes];
  std::atomic<std::uint64_t>& come = worker[count].come;
  const auto workers = static_cast<std::uint64_t>(worker.count());
  std::vector<char> bytes(workers);
  const std::span<char> one(bytes.data(), 1), others(bytes.data(), workers - 1);
  // With this one behind and nobody two ahead, between so many and one round more have come.
  for (std::uint64_t least = workers; worker.next(); least += workers) {
    come.fetch_add(1, std::memory_order_relaxed);
    const auto before = convoy::now();
    if (worker[how] == pthread_) {
      worker.native([&] { ::pthread_barrier_wait(worker[barrier]->get()); });
    } else if (worker.index() != 0) {
      const convoy::Channel& mine = all[static_cast<std::size_t>(worker.index())];
      co_await worker.write(all[0].out.get(), one);
      co_await worker.read(mine.in.get(), one);
    } else {
      for (std::size_t left = others.size(); left > 0;) {
        const std::size_t come_now = co_await worker.read(all[0].in.get(), others.first(left));
        left -= come_now;
      }
      for (std::size_t i = 1; i < workers; ++i) co_await worker.write(all[i].out.get(), one);
    }
    const auto waited = convoy::now() - before;
    const std::uint64_t seen = come.load(std::memory_order_relaxed);
    convoy::expect(seen >= least && seen < least + workers, worker,
                   "continued when {} had arrived instead of {}", seen, least);
    worker.report(wait, waited);
    worker.report(longest_wait, waited);
    worker.keep(true);
    worker.checkpoint();
  }
}
