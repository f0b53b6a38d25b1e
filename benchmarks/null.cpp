// Nothing: what an operation costs the harness itself, stored beside every result as overhead_ns.
#include "harness/work/workload.hpp"

CONVOY_WORKLOAD(null, null, "Do nothing: measures the harness's own cost of an operation",
                convoy::IsOverhead{}) {
  std::uint64_t state = 0;
  while (worker.next()) {
    ++state;
    worker.checkpoint();
  }
  worker.keep(state);
  co_return;
}
