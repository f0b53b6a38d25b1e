// What the workers of a pool do in a benchmark that measures it.
#pragma once

#include <algorithm>

#include "harness/sync/pool.hpp"
#include "harness/work/task.hpp"

namespace convoy {

// Worker 0 hands in tasks and all others serve; one worker alone serves itself.
inline std::int64_t servers_of(int workers) { return std::max(1, workers - 1); }

// The body of one that serves: runs tasks until the pool is closed. Its operations are those that
// others count.
inline Task serve(Worker& worker, const Synced<Pool>& of) {
  Pool& pool = worker[of];
  for (;;) {
    const Job job = co_await pool.next(worker);
    if (!job) break;
    job.run(worker);
    worker.checkpoint();
  }
  while (worker.next()) continue;
}

}  // namespace convoy
