#include <array>
#include <utility>

#include "harness/base/check.hpp"
#include "harness/machine/placement.hpp"

namespace convoy {
namespace {

template <typename Value, std::size_t Count>
using Words = std::array<std::pair<std::string_view, Value>, Count>;

template <typename Value, std::size_t Count>
Value look_up(std::string_view what, std::string_view text, const Words<Value, Count>& words,
              std::string_view more = {}) {
  std::string known;
  for (const auto& [word, value] : words) {
    if (word == text) return value;
    known += (known.empty() ? "" : ", ") + std::string(word);
  }
  throw UsageError("unknown " + std::string(what) + " \"" + std::string(text) +
                   "\"; write one of " + known + std::string(more));
}

constexpr Words<PlaceLevel, 12> kLevels{{
    {"pu", {Level::pu}},
    {"core", {Level::core}},
    {"l2", {Level::l2}},
    {"l3", {Level::l3}},
    {"numa", {Level::numa}},
    {"package", {Level::package}},
    {"machine", {Level::machine}},
    {"threads", {Level::pu}},
    {"cores", {Level::core}},
    {"ll_caches", {Level::l3, 0, true}},
    {"numa_domains", {Level::numa}},
    {"sockets", {Level::package}},
}};

constexpr Words<Distribution, 5> kPolicies{{
    {"none", Distribution::none},
    {"close", Distribution::close},
    {"scatter", Distribution::scatter},
    {"spread", Distribution::spread},
    {"primary", Distribution::primary},
}};

std::vector<int> parse_numbers(std::string_view text) {
  std::vector<int> numbers;
  while (true) {
    const std::size_t comma = text.find(',');
    for (const int number : CpuSet::parse(text.substr(0, comma))) numbers.push_back(number);
    if (comma == std::string_view::npos) return numbers;
    text.remove_prefix(comma + 1);
  }
}

// "0-1:2-3" or OpenMP's "{0,1},{2,3}".
std::vector<CpuSet> parse_place_list(std::string_view text) {
  const std::string_view all = text;
  const bool braces = text.front() == '{';
  std::vector<CpuSet> places;
  while (!text.empty()) {
    const std::size_t end = text.find(braces ? '}' : ':');
    if (braces && (text.front() != '{' || end == std::string_view::npos)) {
      throw UsageError("the places \"" + std::string(all) +
                       "\" have a brace without its pair; write them as {0,1},{2,3} or 0-1:2-3");
    }
    const CpuSet place = CpuSet::parse(text.substr(braces ? 1 : 0, end - (braces ? 1 : 0)));
    if (place.empty()) {
      throw UsageError("the places \"" + std::string(all) +
                       "\" hold an empty one; write them as {0,1},{2,3} or 0-1:2-3");
    }
    for (const CpuSet& earlier : places) {
      if (earlier.intersects(place)) {
        throw UsageError("the places \"" + std::string(all) + "\" overlap in CPU " +
                         (earlier & place).text() +
                         "; name each CPU once, and let seats share a place with --overload wrap");
      }
    }
    places.push_back(place);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (braces && text.starts_with(',')) text.remove_prefix(1);
  }
  return places;
}

}  // namespace

PlaceLevel parse_level(std::string_view text) {
  if (text.starts_with("group:")) {
    const CpuSet depth = CpuSet::parse(text.substr(6));
    if (depth.size() == 1) return {Level::group, depth.first()};
  }
  if (text.starts_with("group")) {
    throw UsageError("a place \"" + std::string(text) +
                     "\" needs the depth of its group, since there may be several levels of them; "
                     "write group:0 for the outermost");
  }
  return look_up("level", text, kLevels, ", group:N");
}

Within parse_within(std::string_view text) {
  if (text == "machine") return {PlaceLevel{Level::machine}, {0}};
  const std::size_t colon = text.rfind(':');
  const std::string_view word = text.substr(0, colon);
  Within within;
  if (word != "cpus") within.level = parse_level(word);
  if (colon != std::string_view::npos) within.indexes = CpuSet::parse(text.substr(colon + 1));
  if (within.indexes.empty()) {
    throw UsageError("--within " + std::string(text) +
                     " does not say which one; write for example package:0, numa:0-1 or cpus:0-3");
  }
  return within;
}

CoreKind parse_kind(std::string_view text) {
  constexpr Words<CoreKind, 3> kWords{
      {{"all", CoreKind::all}, {"perf", CoreKind::perf}, {"eff", CoreKind::eff}}};
  return look_up("kind of cores", text, kWords);
}

Smt parse_smt(std::string_view text) {
  return look_up("--smt", text, Words<Smt, 2>{{{"on", Smt::on}, {"off", Smt::off}}});
}

Width parse_width(std::string_view text) {
  return look_up("width", text, Words<Width, 2>{{{"place", Width::place}, {"pu", Width::pu}}});
}

Overload parse_overload(std::string_view text) {
  constexpr Words<Overload, 3> kWords{
      {{"error", Overload::error}, {"wrap", Overload::wrap}, {"unbind", Overload::unbind}}};
  return look_up("overload", text, kWords);
}

Policy parse_policy(std::string_view text) {
  Policy policy;
  if (text.starts_with("list:")) {
    policy.distribution = Distribution::list;
    policy.list = parse_numbers(text.substr(5));
    if (policy.list.empty()) {
      throw UsageError(
          "the policy list: is empty; write the number of a place for each seat, as in "
          "list:0,2,1");
    }
    return policy;
  }
  if (text.starts_with("scatter:")) {
    policy.distribution = Distribution::scatter;
    policy.scatter_level = parse_level(text.substr(8));
    return policy;
  }
  policy.distribution = look_up("policy", text, kPolicies, ", scatter:LEVEL, list:PLACES");
  return policy;
}

void parse_place(std::string_view text, PlacementRequest& request) {
  const bool is_list =
      !text.empty() && (text.front() == '{' || (text.front() >= '0' && text.front() <= '9'));
  request.place_list.clear();
  if (is_list) {
    request.place_list = parse_place_list(text);
    return;
  }
  if (text.starts_with("group")) {
    request.place = parse_level(text);
    return;
  }
  request.place = look_up("place", text, kLevels,
                          ", group:N, or CPUs such as 0-1:2-3 (a colon between places)");
}

std::string level_text(const PlaceLevel& level) {
  if (level.last_cache) return "ll_caches";
  if (level.level == Level::group) return "group:" + std::to_string(level.depth);
  return level_name(level.level);
}

std::string policy_text(const Policy& policy) {
  if (policy.distribution == Distribution::list) {
    std::string text;
    for (const int place : policy.list) {
      text += (text.empty() ? "list:" : ",") + std::to_string(place);
    }
    return text;
  }
  std::string text(kPolicies[static_cast<std::size_t>(policy.distribution)].first);
  if (policy.scatter_level) text += ":" + level_text(*policy.scatter_level);
  return text;
}

std::string place_text(const PlacementRequest& request) {
  if (request.place_list.empty()) return level_text(request.place);
  std::string text;
  for (const CpuSet& place : request.place_list) {
    text += (text.empty() ? "" : ":") + place.text();
  }
  return text;
}

std::string placement_label(const PlacementRequest& request) {
  if (request.policy.distribution == Distribution::none) return "none";
  return place_text(request) + "." + policy_text(request.policy);
}

}  // namespace convoy
