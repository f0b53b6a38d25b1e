// A pool calls a function with every number up to a count, some of them at a time.
// lint: long because what was mapped is proved to be right, and by whom it was is counted
#include <cstdint>
#include <vector>

#include "harness/sync/proof.hpp"
#include "harness/sync/server.hpp"
#include "harness/work/workload.hpp"

using namespace std::chrono_literals;

static const convoy::Parameter chunk{"chunk", 64, "Numbers that a worker takes at a time", 1,
                                     1'000'000};
static const convoy::Parameter numbers{"count", 1'024, "Numbers in one map, at most", 1, 1'000'000};
static const convoy::Parameter length{"task", 0us, "How long the function computes", 0us, 10ms};

namespace {
struct Element {
  std::uint64_t mark = 0;
  std::int64_t by = 0;  // the worker that computed it
};
}  // namespace

static const convoy::Synced<convoy::Pool> pool{"pool", [](const convoy::Setup& setup) {
                                                 const std::int64_t servers =
                                                     convoy::servers_of(setup.workers());
                                                 return convoy::PoolSize{servers, servers};
                                               }};
static const convoy::SharedMemory<Element> elements{
    [](const convoy::Setup& setup) { return setup[numbers]; }};
static const convoy::Shared<convoy::Speed> speed{convoy::Speed::measure};

static const convoy::Figure map_time{"map_ns", "ns", convoy::Combine::mean,
                                     "Time from the call of a map to its end"};
static const convoy::Figure jain{
    "jain", "", convoy::Combine::mean,
    "Jain's index of the numbers per server: 1 if all are equal, 1 / servers if one does all"};

static Element compute_element(convoy::Worker& server, std::int64_t number) {
  const std::int64_t steps = server[speed].steps(server[length]);
  const auto seed = 2 * static_cast<std::uint64_t>(number) + 1;
  // It stays above 0, which the compiler does not know.
  const std::uint64_t state = convoy::compute(server, seed, steps);
  return {state == 0 ? 0 : convoy::mark_of(number), server.index()};
}

// Counts who had how many, and clears them for the next map.
static void check(const convoy::Worker& worker, std::int64_t size, std::vector<double>& shares) {
  for (std::int64_t number = 0; number < size; ++number) {
    Element& element = worker[elements][static_cast<std::size_t>(number)];
    convoy::expect(element.mark == convoy::mark_of(number), worker,
                   "the result of number {} of a map is that of another, or none", number);
    ++shares.at(static_cast<std::size_t>(element.by));
    element = {};
  }
}

static double jain_of(const std::vector<double>& shares, double servers) {
  double sum = 0, squares = 0;
  for (const double share : shares) sum += share, squares += share * share;
  return squares > 0 ? sum * sum / (servers * squares) : 1;
}

static convoy::Task map_all(convoy::Worker& worker) {
  convoy::Pool& servers = worker[pool];
  auto left = static_cast<std::int64_t>(worker.remaining()) * worker.count();
  std::vector<double> shares(static_cast<std::size_t>(worker.count()));
  while (left > 0) {
    const std::int64_t size = std::min(left, worker[numbers]);
    const auto began = convoy::now();
    const convoy::Future<std::int64_t> all =
        servers.map(worker, &compute_element, size, worker[chunk], worker[elements].data());
    if (worker.count() == 1) servers.try_next(worker).run(worker);
    const std::int64_t done = co_await all.result(worker);
    worker.report(map_time, convoy::now() - began);
    convoy::expect(done == size, worker, "a map of {} numbers says it had {}", size, done);
    check(worker, size, shares);
    left -= size;
    worker.checkpoint();
  }
  servers.close();
  worker.report(jain, jain_of(shares, static_cast<double>(servers.servers())));
  while (worker.next()) continue;
}

CONVOY_WORKLOAD(pool_map, pool, "Map a function over numbers, in chunks", chunk, numbers, length,
                pool, elements, speed, map_time, jain, convoy::NoAnswer{},
                convoy::WorkersNeedEachOther{}, convoy::UsualWorkers{{2, 4}},
                convoy::UsualValues{chunk, {"1", "64"}},
                convoy::UsualValues{length, {"0us", "10us"}}, convoy::UnderFewLocks{}) {
  return worker.index() == 0 ? map_all(worker) : convoy::serve(worker, pool);
}
