#include "harness/base/parameter.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "harness/base/check.hpp"

namespace convoy {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};
constexpr std::array<Unit, 5> kTimeUnits{
    {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"min", 60e9}}};
constexpr std::array<Unit, 5> kByteUnits{
    {{"B", 1}, {"", 1}, {"KiB", 1024}, {"MiB", 1024.0 * 1024}, {"GiB", 1024.0 * 1024 * 1024}}};

// The number in front of a unit, times the unit; nullopt when either is not understood or the value
// is not whole.
template <std::size_t N>
bool parse_with_unit(std::string_view text, const std::array<Unit, N>& units, std::int64_t& value) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || !std::isfinite(number)) return false;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const auto found =
      std::find_if(units.begin(), units.end(), [&](const Unit& u) { return u.name == unit; });
  if (found == units.end()) return false;
  const double scaled = number * found->factor;
  if (std::abs(scaled) > 9e18) return false;
  value = std::llround(scaled);
  return true;
}

template <std::size_t N>
std::string format_with_unit(std::int64_t value, const std::array<Unit, N>& units) {
  const Unit* best = &units[0];
  for (const Unit& unit : units) {
    const auto factor = static_cast<std::int64_t>(unit.factor);
    if (!unit.name.empty() && value != 0 && value % factor == 0) best = &unit;
  }
  return fmt::format("{}{}", value / static_cast<std::int64_t>(best->factor), best->name);
}

}  // namespace

std::chrono::nanoseconds parse_duration(std::string_view text, std::string_view what) {
  std::int64_t value = 0;
  if (!parse_with_unit(text, kTimeUnits, value))
    throw UsageError(fmt::format(
        "{}: '{}' is not a duration: write a number and a unit, such as 500us, 5ms or 2s", what,
        text));
  return std::chrono::nanoseconds(value);
}

std::string format_duration(std::chrono::nanoseconds value) {
  return format_with_unit(value.count(), kTimeUnits);
}

Bytes parse_bytes(std::string_view text, std::string_view what) {
  std::int64_t value = 0;
  if (!parse_with_unit(text, kByteUnits, value))
    throw UsageError(fmt::format(
        "{}: '{}' is not a size: write bytes, or a number and KiB, MiB or GiB", what, text));
  return Bytes{value};
}

std::string format_bytes(Bytes value) { return format_with_unit(value.count, kByteUnits); }

std::int64_t parse_count(std::string_view text, std::string_view what) {
  std::string digits(text);
  std::erase(digits, '_');
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size() || value != std::floor(value) ||
      std::abs(value) > 9e15)
    throw UsageError(
        fmt::format("{}: '{}' is not a whole number: write digits, such as 16 or 1e6", what, text));
  return static_cast<std::int64_t>(value);
}

ParameterBase::ParameterBase(std::string name, Kind kind, std::int64_t initial,
                             std::string description, std::int64_t least, std::int64_t most,
                             std::vector<std::string> choices)
    : name_(std::move(name)),
      description_(std::move(description)),
      kind_(kind),
      initial_(initial),
      least_(least),
      most_(most),
      choices_(std::move(choices)) {
  CONVOY_CHECK(least_ <= initial_ && initial_ <= most_,
               "a parameter's default lies outside its range");
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): counted and handed on in one call
Choice::Choice(std::string name, std::vector<std::string> words, std::string description)
    : ParameterBase(std::move(name), Kind::choice, 0, std::move(description), 0,
                    static_cast<std::int64_t>(words.size()) - 1, words) {}

std::string ParameterBase::json_name() const {
  if (kind_ == Kind::duration) return name_ + "_ns";
  if (kind_ == Kind::bytes) return name_ == "bytes" ? "size_bytes" : name_ + "_bytes";
  return name_;
}

std::int64_t ParameterBase::parse(std::string_view text, std::string_view owner) const {
  const std::string what = fmt::format("{}.{}", owner, name_);
  std::int64_t value = 0;
  if (kind_ == Kind::flag) {
    if (text == "on" || text == "true" || text == "1") return 1;
    if (text == "off" || text == "false" || text == "0") return 0;
    throw UsageError(fmt::format("{}: '{}' is neither on nor off: write {}=on or {}=off", what,
                                 text, what, what));
  }
  if (kind_ == Kind::choice) {
    const auto found = std::find(choices_.begin(), choices_.end(), text);
    if (found == choices_.end())
      throw UsageError(fmt::format("{}: '{}' is not known: write one of {}", what, text,
                                   fmt::join(choices_, ", ")));
    return found - choices_.begin();
  }
  if (kind_ == Kind::duration) value = parse_duration(text, what).count();
  else if (kind_ == Kind::bytes) value = parse_bytes(text, what).count;
  else value = parse_count(text, what);
  if (value < least_ || value > most_)
    throw UsageError(
        fmt::format("{}: {} is out of range: write a value from {}", what, text, range()));
  return value;
}

std::string ParameterBase::format(std::int64_t value) const {
  switch (kind_) {
    case Kind::duration: return format_duration(std::chrono::nanoseconds(value));
    case Kind::bytes: return format_with_unit(value, kByteUnits);
    case Kind::flag: return value != 0 ? "on" : "off";
    case Kind::choice: return choices_.at(static_cast<std::size_t>(value));
    case Kind::count: break;
  }
  return std::to_string(value);
}

std::string ParameterBase::range() const {
  if (kind_ == Kind::flag) return "on or off";
  if (kind_ == Kind::choice) return fmt::format("{}", fmt::join(choices_, " or "));
  return format(least_) + " to " + format(most_);
}

std::string nearest_name(std::string_view name, const std::vector<std::string>& known) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const std::string& candidate : known) {
    std::vector<std::size_t> row(candidate.size() + 1);
    for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= name.size(); ++i) {
      std::size_t diagonal = row[0]++;
      for (std::size_t j = 1; j <= candidate.size(); ++j) {
        const std::size_t changed = diagonal + (name[i - 1] == candidate[j - 1] ? 0 : 1);
        diagonal = row[j];
        row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
      }
    }
    if (row.back() < best_distance) {
      best_distance = row.back();
      best = candidate;
    }
  }
  return best;
}

}  // namespace convoy
