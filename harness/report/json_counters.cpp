#include "harness/report/json_counters.hpp"

#include <nlohmann/json.hpp>

#include "harness/measure/row_counters.hpp"
#include "harness/report/json_sample.hpp"

namespace convoy {
namespace {

using Json = nlohmann::ordered_json;

// An entry a line.
std::string lines_of(const Json& entries) {
  std::string text = "[";
  for (const Json& entry : entries) text += (text == "[" ? "\n  " : ",\n  ") + entry.dump();
  return text + "\n]";
}

}  // namespace

std::string row_counters_json() {
  Json all = Json::array();
  for (const RowCounter& counter : row_counters())
    all.push_back({{"name", counter.name},
                   {"unit", counter.unit},
                   {"of", counter.of_row ? "row" : "sample"},
                   {"section", counter.section},
                   {"description", counter.description}});
  return lines_of(all);
}

std::string seat_counters_json() {
  Json all = Json::array();
  for (const SeatCounter& counter : seat_counters())
    all.push_back({{"part", name_of(counter.part)},
                   {"key", key_of(counter)},
                   {"unit", counter.unit},
                   {"combine", name_of(counter.combine)},
                   {"of_seats", (counter.told & kInSeat) != 0},
                   {"may_be_unknown", (counter.told & kUntold) != 0},
                   {"description", counter.sentence}});
  return lines_of(all);
}

}  // namespace convoy
