#include "harness/work/fixture.hpp"

#include <algorithm>

#include "harness/work/workload.hpp"

namespace convoy {

void FixtureBase::describe(Workload& workload) const { workload.fixtures.push_back(this); }

bool needs_waits(const Workload& workload) {
  return std::any_of(workload.fixtures.begin(), workload.fixtures.end(),
                     [](const FixtureBase* fixture) { return fixture->needs_waits(); });
}

Fixtures make_shared_fixtures(const Setup& setup, WaitTable* waits) {
  Fixtures made;
  for (const FixtureBase* fixture : setup.workload().fixtures)
    made.push_back(fixture->per_worker() ? nullptr : fixture->make(setup, 0, waits));
  return made;
}

void reset_shared_fixtures(const Setup& setup, const Fixtures& shared) {
  for (std::size_t i = 0; i < shared.size(); ++i) {
    const FixtureBase& fixture = *setup.workload().fixtures[i];
    if (!fixture.per_worker()) fixture.reset(shared[i].get());
  }
}

Fixtures make_local_fixtures(const Setup& setup, int worker) {
  Fixtures made;
  for (const FixtureBase* fixture : setup.workload().fixtures)
    made.push_back(fixture->per_worker() ? fixture->make(setup, worker, nullptr) : nullptr);
  return made;
}

}  // namespace convoy
