// The harness's own cost, found among the other results.
#include "harness/report/json.hpp"

namespace convoy {

std::optional<double> overhead_of(const Session& session, const CaseResult& result) {
  const Case& c = *result.benchmark;
  for (const CaseResult& other : session.results()) {
    const Case& o = *other.benchmark;
    if (o.workload->is_overhead && !other.samples.empty() && !other.failure && o.model == c.model &&
        o.gil.text == c.gil.text && o.workers == c.workers && o.carriers == c.carriers &&
        o.interpreters == c.interpreters && o.engine == c.engine &&
        o.fiber_stack == c.fiber_stack &&
        placement_label(o.placement) == placement_label(c.placement))
      return other.median_ns();
  }
  return std::nullopt;
}

}  // namespace convoy
