#include "harness/machine/cpu_set.hpp"

#include <algorithm>
#include <charconv>
#include <climits>
#include <iterator>

#include "harness/base/check.hpp"

namespace convoy {
namespace {

constexpr int kWordBits = sizeof(unsigned long) * CHAR_BIT;

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
  throw UsageError("\"" + std::string(text) + "\" is not a list of CPUs: " + why +
                   "; write numbers and ranges such as 0-3,8");
}

int parse_number(std::string_view all, std::string_view part) {
  int value = -1;
  const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
  if (error == std::errc::result_out_of_range || value > CpuSet::kLargestCpu) {
    refuse(all, "the largest CPU number is " + std::to_string(CpuSet::kLargestCpu));
  }
  if (error != std::errc() || end != part.data() + part.size() || value < 0) {
    refuse(all, "\"" + std::string(part) + "\" is not a number");
  }
  return value;
}

}  // namespace

CpuSet::CpuSet(std::vector<int> cpus) : cpus_(std::move(cpus)) {
  std::sort(cpus_.begin(), cpus_.end());
  cpus_.erase(std::unique(cpus_.begin(), cpus_.end()), cpus_.end());
  CONVOY_CHECK(cpus_.empty() || cpus_.front() >= 0, "CPU numbers must not be negative");
}

CpuSet CpuSet::parse(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  std::vector<int> cpus;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    const std::string_view part = rest.substr(0, comma);
    if (comma == rest.size() - 1) refuse(text, "it ends in a comma");
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    const std::size_t dash = part.find('-');
    const int low = parse_number(text, part.substr(0, dash));
    const int high =
        dash == std::string_view::npos ? low : parse_number(text, part.substr(dash + 1));
    if (high < low) refuse(text, "the range " + std::string(part) + " runs backwards");
    for (int cpu = low; cpu <= high; ++cpu) cpus.push_back(cpu);
  }
  return CpuSet(std::move(cpus));
}

bool CpuSet::contains(int cpu) const { return std::binary_search(begin(), end(), cpu); }

bool CpuSet::contains(const CpuSet& other) const {
  return std::includes(begin(), end(), other.begin(), other.end());
}

bool CpuSet::intersects(const CpuSet& other) const {
  return std::any_of(begin(), end(), [&](int cpu) { return other.contains(cpu); });
}

std::string CpuSet::text() const {
  std::string text;
  for (std::size_t from = 0; from < cpus_.size();) {
    std::size_t to = from;
    while (to + 1 < cpus_.size() && cpus_[to + 1] == cpus_[to] + 1) ++to;
    if (!text.empty()) text += ',';
    text += std::to_string(cpus_[from]);
    if (to > from) text += '-' + std::to_string(cpus_[to]);
    from = to + 1;
  }
  return text;
}

std::vector<unsigned long> CpuSet::kernel_mask() const {
  std::vector<unsigned long> words(empty() ? 1 : static_cast<std::size_t>(last() / kWordBits + 1));
  for (const int cpu : cpus_) {
    words[static_cast<std::size_t>(cpu / kWordBits)] |= 1UL << (cpu % kWordBits);
  }
  return words;
}

CpuSet CpuSet::from_kernel_mask(const std::vector<unsigned long>& words) {
  std::vector<int> cpus;
  for (std::size_t word = 0; word < words.size(); ++word) {
    for (int bit = 0; bit < kWordBits; ++bit) {
      if (words[word] >> bit & 1UL) cpus.push_back(static_cast<int>(word) * kWordBits + bit);
    }
  }
  return CpuSet(std::move(cpus));
}

void CpuSet::insert(int cpu) {
  const auto at = std::lower_bound(cpus_.begin(), cpus_.end(), cpu);
  if (at == cpus_.end() || *at != cpu) cpus_.insert(at, cpu);
}

CpuSet operator&(const CpuSet& left, const CpuSet& right) {
  CpuSet result;
  std::set_intersection(left.begin(), left.end(), right.begin(), right.end(),
                        std::back_inserter(result.cpus_));
  return result;
}

CpuSet operator|(const CpuSet& left, const CpuSet& right) {
  CpuSet result;
  std::set_union(left.begin(), left.end(), right.begin(), right.end(),
                 std::back_inserter(result.cpus_));
  return result;
}

CpuSet operator-(const CpuSet& left, const CpuSet& right) {
  CpuSet result;
  std::set_difference(left.begin(), left.end(), right.begin(), right.end(),
                      std::back_inserter(result.cpus_));
  return result;
}

}  // namespace convoy
