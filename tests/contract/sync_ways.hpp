// The ways in which a crew runs whose workers wait for each other, as a test's parameter.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "tests/contract/crews.hpp"

namespace convoy::contract {

// How a crew runs; a test's parameter.
struct Way {
  const Model* model;
  std::string gil;
  int carriers = 1;
  Engine engine = Engine::automatic;
};

inline std::string name_of(const Way& way) {
  std::string name = way.model->name + "_" + way.gil;
  if (way.carriers > 1)
    name += way.engine == Engine::epoll ? "_2_carriers_epoll" : "_2_carriers_io_uring";
  return name;
}
inline void PrintTo(const Way& way, std::ostream* stream) { *stream << name_of(way); }
inline std::string name_of_way(const testing::TestParamInfo<Way>& info) {
  return name_of(info.param);
}

// Every model whose workers may wait for each other.
inline std::vector<Way> ways() {
  std::vector<Way> all;
  for (const std::string gil : {"none", "cpython32", "cpython_ft"})
    for (const Model& model : models()) {
      if (!side_by_side(model)) continue;
      all.push_back({&model, gil});
      if (!model.looped) continue;
      all.push_back({&model, gil, 2, Engine::epoll});
      all.push_back({&model, gil, 2, Engine::io_uring});
    }
  return all;
}

class Sync : public LeavesNothing, public testing::WithParamInterface<Way> {
 protected:
  CrewPlan plan(const Workload& workload, int workers) const {
    const Way& way = GetParam();
    return plan_of(workload, *way.model, way.gil, workers, way.carriers, way.engine);
  }
  // Why the crew failed in two rounds; objects are as new in the second.
  std::string failure(const Workload& workload, int workers, std::uint64_t operations = 1) const {
    const CrewPlan planned = plan(workload, workers);
    try {
      Host host(planned);
      host.run_round(operations, kPatience);
      host.run_round(operations, kPatience);
      host.stop(kPatience);
    } catch (const CrewFailure& failure) {
      return failure.what();
    }
    return {};
  }
};

// --- Who is inside. Plain integers where the object keeps them whole, so that the thread sanitizer
// sees where it does not.
struct Inside {
  int holder = 0;
  std::int64_t intrusions = 0, entries = 0;
};
inline const SharedValue<Inside> inside;

inline void be_alone(const Worker& worker) {
  inside->intrusions += inside->holder != 0;
  inside->holder = 1 + worker.index();
  ++inside->entries;
}
inline void leave(const Worker& worker) {
  inside->intrusions += inside->holder != 1 + worker.index();
  inside->holder = 0;
}

}  // namespace convoy::contract
