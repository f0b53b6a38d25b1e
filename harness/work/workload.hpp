// All that a workload file includes: the descriptor, the macro that registers it, and the worker
// its body gets.
#pragma once

#include "harness/base/check.hpp"
#include "harness/base/cpu_relax.hpp"
#include "harness/work/channel.hpp"
#include "harness/work/child.hpp"
#include "harness/work/compute.hpp"
#include "harness/work/descriptor.hpp"
#include "harness/work/echo.hpp"
#include "harness/work/fixture.hpp"
#include "harness/work/http.hpp"
#include "harness/work/library.hpp"
#include "harness/work/load.hpp"
#include "harness/work/setup.hpp"
#include "harness/work/spinner.hpp"
#include "harness/work/target.hpp"
#include "harness/work/task.hpp"
#include "harness/work/traits.hpp"
#include "harness/work/usual_values.hpp"
#include "harness/work/wait.hpp"
#include "harness/work/worker.hpp"

namespace convoy {

inline void describe(Workload& workload, const ParameterBase& parameter) {
  workload.parameters.push_back(&parameter);
}
template <class Trait>
  requires requires(const Trait& trait, Workload& workload) { trait.describe(workload); }
void describe(Workload& workload, const Trait& trait) {
  trait.describe(workload);
}

class WorkloadRegistration {
 public:
  explicit WorkloadRegistration(Workload workload);
};

// What workloads of that family have in common.
void describe_family(Workload& workload, const char* family);

template <class... Traits>
Workload make_workload(const char* name, const char* family, const char* description,
                       Task (*body)(Worker&), const Traits&... traits) {
  Workload workload;
  workload.name = name;
  workload.description = description;
  workload.body = body;
  describe_family(workload, family);
  (describe(workload, traits), ...);
  return workload;
}

}  // namespace convoy

// CONVOY_WORKLOAD(name, family, "what it does", parameters, fixtures and traits...) { body using
// `worker` }
#define CONVOY_WORKLOAD(name, family, description, ...)                                           \
  static ::convoy::Task convoy_body_##name(::convoy::Worker& worker);                             \
  static const ::convoy::WorkloadRegistration convoy_registration_##name(::convoy::make_workload( \
      #name, #family, description, &convoy_body_##name __VA_OPT__(, ) __VA_ARGS__));              \
  static ::convoy::Task convoy_body_##name([[maybe_unused]] ::convoy::Worker& worker)
