#include "harness/report/json_counters.hpp"

#include <nlohmann/json.hpp>

#include "harness/measure/row_counters.hpp"
#include "harness/report/json_sample.hpp"

namespace convoy {
using Json = nlohmann::ordered_json;

Json row_counters_json() {
  Json all = Json::array();
  for (const RowCounter& counter : row_counters())
    all.push_back({{"name", counter.name},
                   {"unit", counter.unit},
                   {"of", counter.of_row ? "row" : "sample"},
                   {"section", counter.section},
                   {"description", counter.description}});
  return all;
}

Json seat_counters_json() {
  Json all = Json::array();
  for (const SeatCounter& counter : seat_counters())
    all.push_back({{"part", name_of(counter.part)},
                   {"key", key_of(counter)},
                   {"unit", counter.unit},
                   {"combine", name_of(counter.combine)},
                   {"of_seats", (counter.told & kInSeat) != 0},
                   {"may_be_unknown", (counter.told & kUntold) != 0},
                   {"description", counter.sentence}});
  return all;
}

}  // namespace convoy
