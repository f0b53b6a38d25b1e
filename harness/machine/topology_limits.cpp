// How large a described machine may be. hwloc takes whatever it is told, and minutes for it:
// putting n siblings in order takes it n³ steps.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>
#include <string_view>

#include "harness/base/check.hpp"
#include "harness/machine/cpu_set.hpp"
#include "harness/machine/environment.hpp"

namespace convoy {
namespace {

// The largest machines there are have about 4000 PUs.
constexpr double kMostPus = 4096, kMostObjects = 4 * kMostPus, kMostSiblings = 1024;
constexpr const char* kTooLarge =
    "is too large a machine: at most 4096 PUs and 16384 objects can be planned, 1024 of them side "
    "by side";
constexpr std::size_t kDeepest = 64;
constexpr std::string_view kDigits = "0123456789";

std::string refused(const std::string& subject, const std::string& why) {
  return subject + ' ' + why +
         "; describe a smaller machine, such as \"pack:2 [numa] l3:2 core:8 pu:2\"";
}

// The number that `text` begins with; infinite where it has too many digits, -1 where there is
// none.
double number_at(std::string_view text) {
  const std::string_view digits =
      text.substr(0, std::min(text.find_first_not_of(kDigits), text.size()));
  if (digits.empty()) return -1;
  if (digits.size() > 12) return HUGE_VAL;
  double value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

// Numbers between parentheses behind `indexes=`, which hwloc takes as numbers of PUs.
void check_indexes(const std::string& subject, std::string_view attributes) {
  const std::size_t begin = attributes.find("indexes=");
  if (begin == std::string_view::npos) return;
  const std::string_view list =
      attributes.substr(begin + 8, attributes.find(' ', begin) - (begin + 8));
  for (std::size_t at = 0; at < list.size(); ++at) {
    const bool first = kDigits.find(list[at]) != std::string_view::npos &&
                       (at == 0 || kDigits.find(list[at - 1]) == std::string_view::npos);
    if (first && number_at(list.substr(at)) > CpuSet::kLargestCpu)
      throw UsageError(refused(subject, "gives a PU too large a number: the largest is " +
                                            std::to_string(CpuSet::kLargestCpu)));
  }
}

struct Attribute {
  std::string_view name, value;
};

// Takes the next name="value" off a tag; an empty name where there is none left.
Attribute take_attribute(std::string_view& tag) {
  const std::size_t equals = tag.find("=\"");
  if (equals == std::string_view::npos) return {};
  const std::size_t end = std::min(tag.find('"', equals + 2), tag.size());
  const std::size_t blank = tag.find_last_of(" \t\r\n", equals);
  const std::size_t begin = blank == std::string_view::npos ? 0 : blank + 1;
  const Attribute found{tag.substr(begin, equals - begin),
                        tag.substr(equals + 2, end - equals - 2)};
  tag.remove_prefix(std::min(end + 1, tag.size()));
  return found;
}

// Why hwloc is not given this <object>; empty where it may be. CPUs and memory nodes are bits of
// sets by their numbers.
std::string trouble_of(std::string_view tag) {
  bool numbered = false;
  double number = 0;
  while (true) {
    const auto [name, value] = take_attribute(tag);
    if (name.empty()) break;
    if (name == "type") numbered = value == "PU" || value == "NUMANode";
    if (name == "os_index") number = number_at(value);
    const bool set = name.ends_with("cpuset") || name.ends_with("nodeset");
    if (set && std::count(value.begin(), value.end(), ',') > CpuSet::kLargestCpu / 32)
      return "has a set of more than " + std::to_string(CpuSet::kLargestCpu + 1) + " CPUs or nodes";
  }
  if (numbered && (number < 0 || number > CpuSet::kLargestCpu))
    return "numbers a PU or memory node by something else than 0 to " +
           std::to_string(CpuSet::kLargestCpu);
  return {};
}

}  // namespace

void check_topology_description(const std::string& text) {
  const std::string subject = "\"" + text.substr(0, 200) + (text.size() > 200 ? "…\"" : "\"");
  double level = 1, objects = 1;
  std::string_view rest = text;
  bool starts = true;  // a number here is a count: "pack:2 4" is two packages of four
  while (!rest.empty()) {
    const bool attributes = rest.front() == '(';
    if (attributes || rest.front() == '[') {
      const std::size_t end = std::min(rest.find(attributes ? ')' : ']'), rest.size());
      if (attributes) check_indexes(subject, rest.substr(0, end));
      else objects += level;
      rest.remove_prefix(std::min(end + 1, rest.size()));
      continue;
    }
    if (starts && number_at(rest) >= 0) {
      const double siblings = std::max(1.0, number_at(rest));
      level *= siblings;
      objects += level;
      if (siblings > kMostSiblings || level > kMostPus || objects > kMostObjects)
        throw UsageError(refused(subject, kTooLarge));
    }
    starts = rest.front() == ':' || rest.front() == ' ';
    rest.remove_prefix(1);
  }
}

void check_topology_xml(const std::string& path, std::string_view text) {
  const std::string subject = "the topology file " + path;
  std::size_t depth = 0;
  double pus = 0, objects = 0;
  for (std::size_t at = text.find('<'); at < text.size(); at = text.find('<', at + 1)) {
    const std::size_t end = std::min(text.find('>', at), text.size());
    const std::string_view tag = text.substr(at + 1, end - at - 1);
    if (tag.starts_with('/')) {
      depth -= depth > 0 ? 1 : 0;
    } else if (!tag.starts_with('?') && !tag.starts_with('!') && !tag.ends_with('/')) {
      if (++depth > kDeepest)
        throw UsageError(refused(subject, "is nested more than 64 levels deep"));
    }
    if (!tag.starts_with("object")) continue;
    pus += tag.find("type=\"PU\"") != std::string_view::npos ? 1 : 0;
    if (++objects > kMostObjects || pus > kMostPus) throw UsageError(refused(subject, kTooLarge));
    const std::string trouble = trouble_of(tag);
    if (!trouble.empty())
      throw UsageError(subject + " is damaged: it " + trouble +
                       "; write it again with `lstopo file.xml` of hwloc 2");
  }
}

}  // namespace convoy
