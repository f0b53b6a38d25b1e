#include "harness/report/json_sample.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

namespace convoy {
namespace {

using Json = nlohmann::ordered_json;

Json unless_negative(std::int64_t count) { return count < 0 ? Json(nullptr) : Json(count); }

Json or_null(const std::optional<std::int64_t>& count) {
  return count ? Json(*count) : Json(nullptr);
}

Json seat_gil_json(const SeatGil& gil) {
  return {{"acquisitions", gil.acquisitions},
          {"waits", gil.waits},
          {"hold_ns", gil.hold_ns},
          {"wait_ns", gil.wait_ns},
          {"longest_wait_ns", gil.longest_wait_ns}};
}

Json seat_json(std::size_t index, const SeatSample& seat, bool locked) {
  return {{"seat", index},
          {"cpu_ns", seat.report.cpu.count()},
          {"run_delay_ns", unless_negative(seat.report.run_delay.count())},
          {"wait_gil_ns", seat.gil.wait_ns},
          {"wait_lock_ns", seat.waits.lock_ns},
          {"wait_io_ns", seat.waits.io_ns},
          {"wait_sleep_ns", seat.waits.sleep_ns},
          {"wait_gate_ns", seat.waits.gate_ns},
          {"switches_voluntary", seat.report.switches_voluntary},
          {"switches_involuntary", seat.report.switches_involuntary},
          {"migrations", unless_negative(seat.report.migrations)},
          {"page_faults", seat.report.page_faults},
          {"gil", locked ? seat_gil_json(seat.gil) : Json(nullptr)}};
}

Json gil_json(const GilSample& gil) {
  return {{"wait_ns", gil.wait_ns},
          {"hold_ns", gil.hold_ns},
          {"hold_p50_ns", gil.hold_p50_ns},
          {"longest_wait_ns", gil.longest_wait_ns},
          {"acquisitions", gil.acquisitions},
          {"waits", gil.waits},
          {"switches", gil.switches},
          {"same_worker", gil.same_worker},
          {"voluntary_releases", gil.voluntary_releases},
          {"forced_drops", gil.forced_drops},
          {"steals", gil.steals},
          {"signals_handled", gil.signals_handled},
          {"storm_checkpoints", gil.storm_checkpoints},
          {"storm_releases", gil.storm_releases},
          {"jain", gil.jain}};
}

Json matrix_json(const MatrixFigure& figure, const std::vector<double>& cells, int workers) {
  Json values = Json::array();
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i % static_cast<std::size_t>(workers) == 0) values.push_back(Json::array());
    values.back().push_back(std::isfinite(cells[i]) ? Json(cells[i]) : Json(nullptr));
  }
  return {{"name", figure.name}, {"unit", figure.unit}, {"values", std::move(values)}};
}

}  // namespace

Json sample_json(const Case& benchmark, const Sample& sample) {
  const bool locked = benchmark.gil.name != "none";
  Json seats = Json::array();
  for (std::size_t i = 0; i < sample.seats.size(); ++i)
    seats.push_back(seat_json(i, sample.seats[i], locked));
  Json json{{"pass", sample.pass},
            {"wall_ns", sample.wall.count()},
            {"operations", sample.operations},
            {"real_time_ns", sample.real_time_ns()},
            {"cpu_time_ns", sample.cpu_time_ns()},
            {"start_skew_ns", sample.start_skew.count()},
            {"turnround_ns",
             sample.turnround.count() > 0 ? Json(sample.turnround.count()) : Json(nullptr)},
            {"seats", std::move(seats)},
            {"gil", locked ? gil_json(sample.gil) : Json(nullptr)},
            {"peak_rss_bytes", or_null(sample.memory.peak_rss_bytes)}};
  Json disturbed = Json::array();
  for (const Disturbance each : sample.disturbed) disturbed.push_back(name_of(each));
  json["disturbed"] = std::move(disturbed);
  json["yardstick"] = sample.yardstick ? Json(*sample.yardstick) : Json(nullptr);
  if (sample.memory.pss_bytes) json["pss_bytes"] = *sample.memory.pss_bytes;
  if (const auto counts = sample.hardware())
    json["hardware"] = {{"instructions", counts->instructions},
                        {"cycles", counts->cycles},
                        {"cache_misses", counts->cache_misses},
                        {"branch_misses", counts->branch_misses},
                        {"counted_share", counts->counted_share}};
  if (const auto lost = lost_per_million(*benchmark.workload, sample))
    json["lost_per_million"] = *lost;
  for (const auto& [name, value] : figures_of(*benchmark.workload, sample))
    json["figures"][name] = value ? Json(*value) : Json(nullptr);
  if (benchmark.workload->matrix != nullptr)
    json["matrix"] = matrix_json(*benchmark.workload->matrix, sample.matrix, benchmark.workers);
  return json;
}

}  // namespace convoy
