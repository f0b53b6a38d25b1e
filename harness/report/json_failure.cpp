#include "harness/report/json_failure.hpp"

#include <nlohmann/json.hpp>

namespace convoy {
namespace {

using Json = nlohmann::ordered_json;

Json stacks_json(const std::vector<ThreadStack>& stacks) {
  if (stacks.empty()) return nullptr;
  Json all = Json::array();
  for (const ThreadStack& thread : stacks) {
    Json frames = Json::array();
    for (const StackFrame& frame : thread.frames)
      frames.push_back({{"function", frame.function},
                        {"file", frame.file.empty() ? Json(nullptr) : Json(frame.file)},
                        {"line", frame.line == 0 ? Json(nullptr) : Json(frame.line)},
                        {"module", frame.module}});
    const bool known = thread.reason.empty();
    all.push_back({{"tid", thread.tid},
                   {"name", thread.name},
                   {"state", std::string(1, thread.state)},
                   {"waits_in", thread.waits_in.empty() ? Json(nullptr) : Json(thread.waits_in)},
                   {"frames", known ? std::move(frames) : Json(nullptr)},
                   {"reason", known ? Json(nullptr) : Json(thread.reason)}});
  }
  return all;
}

}  // namespace

Json failure_json(const CaseResult& result) {
  return {{"name", result.benchmark->name},
          {"reason", *result.failure},
          {"pass", result.failed_pass},
          {"samples", result.samples.size()},
          {"stacks", stacks_json(result.stacks)}};
}

nlohmann::ordered_json refusal_json(const CaseResult& result) {
  const Case& c = *result.benchmark;
  return {{"name", c.name},    {"workload", c.workload->name}, {"model", c.model->name},
          {"gil", c.gil.text}, {"workers", c.workers},         {"reason", *result.failure}};
}

}  // namespace convoy
