#include "harness/report/json_list.hpp"

#include <nlohmann/json.hpp>

#include "harness/measure/case.hpp"
#include "harness/report/json_counters.hpp"

namespace convoy {
namespace {

using Json = nlohmann::ordered_json;

template <class Entry>
Json entry_json(const Entry& entry) {
  return {{"name", entry.name}, {"description", entry.description}};
}

Json parameters_json(const std::vector<const ParameterBase*>& parameters) {
  Json all = Json::array();
  for (const ParameterBase* p : parameters)
    all.push_back({{"name", p->name()},
                   {"default", p->format(p->initial())},
                   {"range", p->range()},
                   {"description", p->description()}});
  return all;
}

Json figures_json(const Workload& workload) {
  Json all = Json::array();
  for (const Figure* f : workload.figures)
    all.push_back({{"name", f->name},
                   {"unit", f->unit},
                   {"combine", name_of(f->combine)},
                   {"description", f->description}});
  if (const MatrixFigure* const m = workload.matrix)
    all.push_back({{"name", m->name},
                   {"unit", m->unit},
                   {"combine", "matrix"},
                   {"description", m->description}});
  return all;
}

Json workload_json(const Workload& workload) {
  Json json = entry_json(workload);
  json["parameters"] = parameters_json(workload.parameters);
  json["figures"] = figures_json(workload);
  json["family"] = workload.family;
  json["experiment"] = workload.is_experiment;
  json["target"] = workload.target ? Json{{"server", workload.target.server},
                                          {"start", workload.target.start},
                                          {"needed", workload.target.is_needed}}
                                   : Json(nullptr);
  return json;
}

Json law_json(const LatenessLaw& law) {
  return {{"intervals", law.intervals},
          {"sleeps", law.sleeps},
          {"least_ns", law.least.count()},
          {"most_ns", law.most.count()}};
}

Json policy_json(const GilPolicy& policy) {
  Json json = entry_json(policy);
  json["parameters"] = parameters_json(policy.parameters);
  json["excludes"] = policy.excludes;
  json["interval_ns"] = parse_gil(policy.name).switch_interval().count();
  json["lateness"] = policy.lateness ? law_json(*policy.lateness) : Json(nullptr);
  return json;
}

template <class Entries, class ToJson>
Json all_of(const Entries& entries, ToJson to_json) {
  Json all = Json::array();
  for (const auto& entry : entries) all.push_back(to_json(entry));
  return all;
}

std::string dumped(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string everything_text() {
  return dumped({{"workloads", all_of(workloads(), workload_json)},
                 {"models", all_of(models(), entry_json<Model>)},
                 {"gils", all_of(gil_policies(), policy_json)},
                 {"suites", all_of(suites(), entry_json<Suite>)},
                 {"counters", row_counters_json()},
                 {"seat_counters", seat_counters_json()}},
                1);
}

std::string names_text(const std::vector<std::string>& names) { return dumped(names, 2); }

}  // namespace convoy
