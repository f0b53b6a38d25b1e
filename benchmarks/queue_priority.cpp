// A queue that several workers put to and several get from: the smallest first, and of equals the
// one that was put first.
#include "harness/sync/traffic.hpp"
#include "harness/work/workload.hpp"

static const convoy::Parameter capacity{"capacity", 64, "Capacity of the queue in items", 1,
                                        100'000'000};
static const convoy::Parameter consumers{
    "consumers", 0, "Number of workers that get; 0: half of them", 0, 1'000'000};

using Items = convoy::PriorityQueue<convoy::TrafficItem>;
static const convoy::Synced<Items> queue{
    "queue", [](const convoy::Setup& setup) { return setup[capacity]; }};
static const convoy::Synced<convoy::Event> open{"open"};
static const convoy::SharedState<convoy::TrafficTotals> totals;

static const convoy::Traffic<Items> traffic{
    queue, open, totals, consumers,
    [](convoy::TrafficItem* first, convoy::TrafficItem* last) { std::stable_sort(first, last); }};

CONVOY_WORKLOAD(queue_priority, queue, "The smallest first: producers put, consumers get", capacity,
                consumers, queue, open, totals, convoy::kTimeInQueue, convoy::kLongestInQueue,
                convoy::kItemsLost, convoy::NoAnswer{}, convoy::WorkersNeedEachOther{},
                convoy::UsualWorkers{{2, 8}}, convoy::UsualValues{capacity, {"1", "64"}},
                convoy::UnderFewLocks{}) {
  return convoy::pass_items(worker, traffic);
}
