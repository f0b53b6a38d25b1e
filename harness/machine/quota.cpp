#include "harness/machine/quota.hpp"

#include <cstdio>
#include <fstream>
#include <sstream>

#include "harness/machine/pseudo_files.hpp"

namespace convoy {
namespace {

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// "max 100000" or "50000 100000".
std::optional<double> parse_cpu_max(const std::string& line) {
  std::istringstream words(line);
  double quota = 0;
  double period = 0;
  if (!(words >> quota >> period) || quota <= 0 || period <= 0) return {};
  return quota / period;
}

std::optional<double> read_version_1(const std::string& folder) {
  const double quota = std::atof(first_line(folder + "/cpu.cfs_quota_us").c_str());
  const double period = std::atof(first_line(folder + "/cpu.cfs_period_us").c_str());
  if (quota <= 0 || period <= 0) return {};  // -1: no limit
  return quota / period;
}

}  // namespace

CpuQuota read_cpu_quota(const std::string& membership, const std::string& root) {
  CpuQuota smallest;
  for (const auto& [folder, version_2] : control_groups("cpu", membership, root)) {
    const auto quota =
        version_2 ? parse_cpu_max(first_line(folder + "/cpu.max")) : read_version_1(folder);
    if (quota && (!smallest.cpus || *quota < *smallest.cpus))
      smallest = {quota, folder + (version_2 ? "/cpu.max" : "/cpu.cfs_quota_us")};
  }
  return smallest;
}

std::optional<std::string> quota_warning(const CpuQuota& quota, int available) {
  if (!quota.cpus || *quota.cpus >= available) return {};
  char number[32];
  std::snprintf(number, sizeof number, "%.2f", *quota.cpus);
  return "the control group grants " + std::string(number) + " CPUs of time (" + quota.source +
         ") and the plan may use " + std::to_string(available) +
         ": workers will be throttled; raise the quota or narrow the plan with --within";
}

}  // namespace convoy
