// What a policy file registers, and how a lock is written and made.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/parameter.hpp"

namespace convoy {

class Gil;

// How late a seat that slept gets the lock back from one that only stands at checkpoints: the
// median of the workload gil_reacquire with one spinner, over the same without, lies from
// `intervals` × the policy's interval − `sleeps` × the sleep + `least` to the same + `most`.
struct LatenessLaw {
  double intervals = 0;
  double sleeps = 0;
  std::chrono::nanoseconds least{0}, most{0};
};

// What a policy file registers.
struct GilPolicy {
  std::string name;
  std::string description;
  std::vector<const ParameterBase*> parameters;
  std::unique_ptr<Gil> (*make)(const std::vector<std::int64_t>& arguments);
  // What the policy promises with its default parameters, judged by `scripts/convoy fidelity
  // --self`; a policy may promise nothing.
  std::optional<LatenessLaw> lateness = {};
  bool excludes = true;   // one seat at a time computes
  bool preempts = true;   // who computes lets those who wait in, sooner or later
  bool has_lock = true;   // be it switched off: there are holds and waits to account for
  bool at_ticks = false;  // whoever comes back from a wait gets it at the next tick, not before
};

// A lock as the user wrote it, "cpython32:interval=1ms:forced=off": parsed and checked.
struct GilSpec {
  const GilPolicy* policy = nullptr;    // the registry's entry
  std::vector<std::int64_t> arguments;  // in the policy's order of parameters
  // The canonical text: the name, then only what differs from the defaults.
  std::string text;

  // How long a waiter waits before it asks, for policies that have such an interval (a parameter
  // `interval` that is a duration): rounds last at least twenty of them. 0 for the others.
  std::chrono::nanoseconds switch_interval() const;
};

class GilRegistration {
 public:
  explicit GilRegistration(GilPolicy policy);
};

// Every policy linked in, sorted by name.
const std::vector<GilPolicy>& gil_policies();
// Throws UsageError for an unknown policy, parameter or value, naming what there is.
GilSpec parse_gil(std::string_view text);
std::unique_ptr<Gil> make_gil(const GilSpec& spec);

}  // namespace convoy
