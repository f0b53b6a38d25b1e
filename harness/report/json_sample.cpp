#include "harness/report/json_sample.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

namespace convoy {
namespace {

using Json = nlohmann::ordered_json;

constexpr unsigned kAnywhere = 0;

Json or_null(const std::optional<std::int64_t>& count) {
  return count ? Json(*count) : Json(nullptr);
}

// Of each counter of a part that is told `where`, what it is of one seat or of all.
void put(Json& json, const SeatCounts& counts, Part part, unsigned where) {
  for (const SeatCounter& counter : seat_counters()) {
    if (counter.part != part || (counter.told & where) != where) continue;
    const std::int64_t count = counts.*counter.member;
    json[key_of(counter)] = count < 0 ? Json(nullptr) : Json(count);
  }
}

Json seat_json(std::size_t index, const SeatCounts& seat, bool locked) {
  Json json{{"seat", index}};
  for (const Part part : {Part::time, Part::waits, Part::kernel}) put(json, seat, part, kInSeat);
  json["gil"] = nullptr;
  if (locked) put(json["gil"], seat, Part::gil, kInSeat);
  return json;
}

Json gil_json(const SeatCounts& totals, const GilSample& gil) {
  Json json;
  put(json, totals, Part::gil, kAnywhere);
  json["hold_p50_ns"] = gil.hold_p50_ns;
  json["jain"] = gil.jain;
  return json;
}

Json hardware_json(const SeatCounts& totals) {
  Json json;
  put(json, totals, Part::hardware, kAnywhere);
  json["counted_share"] = totals.counted_share;
  return json;
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

std::string key_of(const SeatCounter& counter) {
  const bool nested = counter.part == Part::gil || counter.part == Part::hardware;
  return nested ? counter.name : counter.full_name();
}

Json sample_json(const Case& benchmark, const Sample& sample) {
  const bool locked = benchmark.gil.policy->has_lock;
  const SeatCounts totals = sample.totals();
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
            {"gil", locked ? gil_json(totals, sample.gil) : Json(nullptr)},
            {"peak_rss_bytes", or_null(sample.memory.peak_rss_bytes)}};
  Json disturbed = Json::array();
  for (const Disturbance each : sample.disturbed) disturbed.push_back(name_of(each));
  json["disturbed"] = std::move(disturbed);
  json["yardstick"] = sample.yardstick ? Json(*sample.yardstick) : Json(nullptr);
  if (sample.peer_cpu_share) json["peer_cpu_share"] = *sample.peer_cpu_share;
  if (sample.memory.pss_bytes) json["pss_bytes"] = *sample.memory.pss_bytes;
  if (sample.bytes_per_worker) json["added_bytes_per_worker"] = *sample.bytes_per_worker;
  if (sample.kernel_bytes_per_worker)
    json["added_kernel_bytes_per_worker"] = *sample.kernel_bytes_per_worker;
  if (totals.instructions >= 0) json["hardware"] = hardware_json(totals);
  if (const auto lost = lost_per_million(*benchmark.workload, sample))
    json["lost_per_million"] = *lost;
  for (const auto& [name, value] : figures_of(*benchmark.workload, sample))
    json["figures"][name] = value ? Json(*value) : Json(nullptr);
  if (benchmark.workload->matrix != nullptr)
    json["matrix"] = matrix_json(*benchmark.workload->matrix, sample.matrix, benchmark.workers);
  return json;
}

}  // namespace convoy
