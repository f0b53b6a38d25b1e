#include "harness/report/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "harness/measure/ceiling.hpp"
#include "harness/measure/row_counters.hpp"
#include "harness/report/json_failure.hpp"
#include "harness/report/json_sample.hpp"

namespace convoy {
namespace {

using Json = nlohmann::ordered_json;

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

std::string hexadecimal(std::uint64_t value) { return fmt::format("{:016x}", value); }

Json placement_json(std::size_t seat, const SeatPinning& pinning) {
  return {{"seat", seat},
          {"cpus", pinning.asked.list()},
          {"read_back", pinning.read_back.empty() ? Json(nullptr) : Json(pinning.read_back.list())},
          {"read_back_end",
           pinning.read_back_end.empty() ? Json(nullptr) : Json(pinning.read_back_end.list())}};
}

Json parameters_json(const Case& c) {
  Json parameters = Json::object();
  for (std::size_t i = 0; i < c.arguments.size(); ++i) {
    const ParameterBase& parameter = *c.workload->parameters[i];
    const auto value = c.arguments[i];
    switch (parameter.kind()) {
      case ParameterBase::Kind::flag: parameters[parameter.json_name()] = value != 0; break;
      case ParameterBase::Kind::choice:
        parameters[parameter.json_name()] = parameter.format(value);
        break;
      default: parameters[parameter.json_name()] = value;
    }
  }
  return parameters;
}

const char* kind_of_latency(const Workload& workload) {
  return workload.latency == Latency::lateness  ? "lateness"
         : workload.latency == Latency::request ? "request"
                                                : "operation";
}

Json latency_json(const CaseResult& result) {
  if (result.latency.count() == 0) return nullptr;
  Json buckets = Json::array();
  const auto counts = result.latency.counts();
  for (int i = 0; i < Histogram::kBuckets; ++i)
    if (const auto count = counts[static_cast<std::size_t>(i)]; count != 0)
      buckets.push_back({Histogram::lower_bound(i), Histogram::upper_bound(i), count});
  return {{"kind", kind_of_latency(*result.benchmark->workload)},
          {"count", result.latency.count()},
          {"buckets", std::move(buckets)}};
}

const char* answer_text(Answer answer) {
  return answer == Answer::same_as_single ? "same_as_single"
         : answer == Answer::own          ? "own"
                                          : "none";
}

// On which its seats may compute.
int cpus_of(const CaseResult& result) {
  CpuSet cpus;
  for (const SeatPinning& seat : result.pinning) {
    if (seat.asked.empty()) return allowed_cpu_count();
    cpus = cpus | seat.asked;
  }
  return std::max(1, cpus.size());
}

void put_axes(Json& row, const CaseResult& result) {
  const Case& c = *result.benchmark;
  row["name"] = c.name;
  row["workload"] = c.workload->name;
  row["family"] = c.workload->family;
  row["experiment"] = c.workload->is_experiment;
  row["model"] = c.model->name;
  row["runtime"] = c.model->runtime ? Json{{"version", c.model->runtime->version}} : Json(nullptr);
  row["gil"] = c.gil.text;
  const nanoseconds interval = c.gil.switch_interval();
  row["switch_interval_ns"] = interval.count() > 0 ? Json(interval.count()) : Json(nullptr);
  row["place"] = placement_label(c.placement);
  row["workers"] = c.workers;
  row["carriers"] = c.model->looped ? Json(c.carriers_used()) : Json(nullptr);
  row["interpreters"] = c.interpreters_used();
  row["seats"] = c.seats();
  row["peer"] = c.peer ? Json(text_of(*c.peer)) : Json(nullptr);
  row["target"] = or_null(c.target);
  row["parameters"] = parameters_json(c);
  row["engine"] = or_null(result.engine);
  row["fiber_stack_bytes"] = c.model->stackful ? Json(c.fiber_stack) : Json(nullptr);
  row["file_io"] = result.file_io == "none used" ? Json(nullptr) : or_null(result.file_io);
}

void put_pinning(Json& row, const CaseResult& result) {
  row["pinned"] = result.pinned;
  row["pinned_reason"] = or_null(result.pinned_reason);
  Json placement = Json::array();
  for (std::size_t i = 0; i < result.pinning.size(); ++i)
    placement.push_back(placement_json(i, result.pinning[i]));
  row["placement"] = std::move(placement);
  row["peer_placement"] =
      result.peer_pinning ? Json::array({placement_json(0, *result.peer_pinning)}) : Json(nullptr);
  row["peer_cpu_share"] = or_null(result.peer_cpu_share());
  row["controller_shares_pu"] = result.controller_shares_pu;
  row["gate"] = result.spin_at_start ? "spin" : "futex";
  row["virtual_topology"] = result.virtual_topology;
  row["notes"] = result.notes;
  row["lock_order"] = result.order_warnings;
}

Json row_json(const Session& session, const CaseResult& result) {
  const Case& c = *result.benchmark;
  Json row;
  put_axes(row, result);
  row["operations"] = result.budget * static_cast<std::uint64_t>(c.workers);
  row["converged"] = result.converged;
  row["disturbed"] = result.disturbed();
  row["precision"] = or_null(result.precision());
  row["median_ns"] = result.median_ns();
  const auto interval = result.interval_ns();
  row["interval_ns"] = interval ? Json({interval->low, interval->high}) : Json(nullptr);
  row["overhead_ns"] = or_null(overhead_of(session, result));
  const std::optional<Ceiling> ceiling = ceiling_of(c, cpus_of(result));
  row["ceiling"] = ceiling ? Json{{"operations_per_second", ceiling->operations_per_second},
                                  {"set_by", text_of(ceiling->limit)}}
                           : Json(nullptr);
  row["checksum"] = result.checksum ? Json(hexadecimal(*result.checksum)) : Json(nullptr);
  row["answer"] = answer_text(answer_of(c));
  put_pinning(row, result);
  Json samples = Json::array();
  for (const Sample& sample : result.samples) samples.push_back(sample_json(c, sample));
  row["samples"] = std::move(samples);
  row["latency"] = latency_json(result);
  return row;
}

// One of Google Benchmark's rows, made of one sample.
Json benchmark_json(const CaseResult& result, const Sample& sample, std::optional<double> overhead,
                    std::size_t index, std::size_t count, std::optional<double> real_time = {}) {
  Json row{{"name", result.benchmark->name},
           {"run_name", result.benchmark->name},
           {"run_type", "iteration"},
           {"repetitions", count},
           {"repetition_index", index},
           {"threads", 1},
           {"iterations", 1},
           {"real_time", real_time.value_or(sample.real_time_ns())},
           {"cpu_time", sample.cpu_time_ns()},
           {"time_unit", "ns"}};
  for (const auto& [name, value] : counters_of(result, sample, overhead))
    if (std::isfinite(value)) row[name] = value;
  return row;
}

// `wanted` of the samples, spread evenly over time; all of them where there are fewer.
std::vector<std::size_t> spread_evenly(std::size_t samples, std::size_t wanted) {
  std::vector<std::size_t> chosen;
  const std::size_t count = std::min(samples, wanted);
  for (std::size_t i = 0; i < count; ++i)
    chosen.push_back(count == 1 ? samples / 2 : i * (samples - 1) / (count - 1));
  return chosen;
}

// How many rows each name gets: as many as all have samples for, since compare.py misjudges files
// whose names differ in that, as they do after an interruption.
std::size_t common_rows(const Record& record) {
  auto rows = static_cast<std::size_t>(record.rows_per_name);
  for (const CaseResult& result : record.session.results())
    if (!result.failure && !result.samples.empty()) rows = std::min(rows, result.samples.size());
  return rows;
}

Json google_context(const Record& record) {
  Json context = Json::parse(record.google_context).at("context");
  if (!context.contains("caches") || !context["caches"].is_array())
    context["caches"] = Json::array();
  return context;
}

Json fact_json(const Fact& fact) {
  if (std::holds_alternative<std::monostate>(fact.value))
    return {{"value", nullptr}, {"reason", fact.reason.empty() ? "unknown" : fact.reason}};
  return std::visit(
      [](const auto& value) -> Json {
        if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::monostate>) return nullptr;
        else return value;
      },
      fact.value);
}

Json finding_json(const Finding& finding) {
  return {{"name", finding.name},
          {"verdict", verdict_name(finding.verdict)},
          {"measured", finding.measured},
          {"advice", finding.advice}};
}

Json disturbance_json(const Record& record) {
  std::size_t samples = 0, disturbed = 0;
  std::map<std::string, std::size_t> by;
  for (const Disturbance each : kDisturbances) by[name_of(each)] = 0;
  for (const CaseResult& result : record.session.results())
    for (const Sample& sample : result.samples) {
      ++samples;
      disturbed += sample.disturbed.empty() ? 0 : 1;
      for (const Disturbance each : sample.disturbed) ++by[name_of(each)];
    }
  return {{"samples", samples},
          {"disturbed", disturbed},
          {"by", by},
          {"foreign_share", or_null(record.foreign_share)},
          {"steal_share", or_null(record.steal_share)}};
}

Json convoy_json(const Record& record) {
  const Session& session = record.session;
  const SessionOptions& options = session.options();
  Json facts = Json::object();
  for (const Fact& fact : record.facts.list()) facts[fact.name] = fact_json(fact);
  Json rows = Json::array(), failed = Json::array(), unfinished = Json::array();
  Json findings = Json::array();
  for (const Finding& finding : record.findings) findings.push_back(finding_json(finding));
  for (const CaseResult& result : session.results()) {
    if (!result.samples.empty()) rows.push_back(row_json(session, result));
    if (result.refused) unfinished.push_back(refusal_json(result));
    else if (result.failure) failed.push_back(failure_json(result));
  }
  return {
      {"schema_version", 1},
      {"created", record.created},
      {"command_line", record.command_line},
      {"suite", or_null(record.suite)},
      {"seed", options.seed},
      {"findings", std::move(findings)},
      {"disturbance", disturbance_json(record)},
      {"interrupted", session.interrupted()},
      {"passes", session.passes()},
      {"fingerprint", record.facts.fingerprint()},
      {"facts", std::move(facts)},
      {"plan",
       {{"precision", options.precision},
        {"minimum_samples", options.minimum_samples},
        {"minimum_round_ns", record.minimum_round.count()},
        {"budget_ns", options.budget.count() > 0 ? Json(options.budget.count()) : Json(nullptr)},
        {"cases", session.results().size()},
        {"sequential", options.until_precise}}},
      {"rows", std::move(rows)},
      {"failed", std::move(failed)},
      {"did_not_finish", std::move(unfinished)}};
}

// Arguments and reasons may hold any bytes; a result is not lost over one that is no UTF-8.
std::string dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string result_text(const Record& record) {
  const std::size_t rows = common_rows(record);
  Json benchmarks = Json::array();
  for (const CaseResult& result : record.session.results()) {
    if (result.failure) continue;
    const auto overhead = overhead_of(record.session, result);
    const auto chosen = spread_evenly(result.samples.size(), rows);
    for (std::size_t i = 0; i < chosen.size(); ++i)
      benchmarks.push_back(
          benchmark_json(result, result.samples[chosen[i]], overhead, i, chosen.size()));
  }
  const Json whole{{"context", google_context(record)},
                   {"benchmarks", std::move(benchmarks)},
                   {"convoy", convoy_json(record)}};
  return dumped(whole);
}

std::string track_text(const Record& record) {
  Json benchmarks = Json::array();
  for (const CaseResult& result : record.session.results()) {
    if (result.failure || result.samples.empty()) continue;
    const Sample& middle = result.samples[result.samples.size() / 2];
    benchmarks.push_back(benchmark_json(result, middle, overhead_of(record.session, result), 0, 1,
                                        result.median_ns()));
  }
  const Json whole{{"context", google_context(record)}, {"benchmarks", std::move(benchmarks)}};
  return dumped(whole);
}

std::string json_quoted(const std::string& text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace convoy
