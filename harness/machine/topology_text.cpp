#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>

#include "harness/base/check.hpp"
#include "harness/machine/environment.hpp"
#include "harness/machine/topology.hpp"

namespace convoy {
namespace {

// Those of hwloc's variables that change which machine it sees, or which part of it.
constexpr const char* kStrays[] = {
    "HWLOC_SYNTHETIC",
    "HWLOC_XMLFILE",
    "HWLOC_FSROOT",
    "HWLOC_CPUID_PATH",
    "HWLOC_DUMPED_HWDATA_DIR",
    "HWLOC_COMPONENTS",
    "HWLOC_THISSYSTEM",
    "HWLOC_THISSYSTEM_ALLOWED_RESOURCES",
    "HWLOC_ALLOW",
    "HWLOC_CPUKINDS_RANKING",
    "HWLOC_CPUKINDS_HOMOGENEOUS",
};

constexpr off_t kLargestFile = 8 << 20;

std::vector<std::string>& removed_variables() {
  static std::vector<std::string> removed;
  return removed;
}

std::string size_text(std::uint64_t bytes) {
  const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  while (bytes >= 1024 && unit + 1 < std::size(units)) {
    bytes = (bytes + 512) / 1024;
    ++unit;
  }
  return std::to_string(bytes) + " " + units[unit];
}

std::string label(const TopologyObject& object, const std::map<int, std::string>& marks) {
  if (object.type == "machine") return "machine";
  std::string text = object.type + " " + std::to_string(object.logical);
  if (object.size_bytes > 0) text += " (" + size_text(object.size_bytes) + ")";
  if (object.type == "numa" && object.cpus.empty()) text += " without CPUs";
  if (object.type != "pu") return text;
  text += " (cpu " + std::to_string(object.os_index) + ")";
  const auto mark = marks.find(object.os_index);
  return mark == marks.end() ? text : text + "  <- " + mark->second;
}

void draw(const TopologyObject& object, int depth, const std::map<int, std::string>& marks,
          std::string& out) {
  out.append(static_cast<std::size_t>(depth) * 2, ' ');
  const TopologyObject* last = &object;
  out += label(object, marks);
  // A chain without branches (a cache with its one core and its one PU) is one line.
  while (last->type != "machine" && last->memory.empty() && last->children.size() == 1) {
    last = &last->children.front();
    out += " + " + label(*last, marks);
  }
  out += '\n';
  for (const auto& node : last->memory) draw(node, depth + 1, marks, out);
  for (const auto& child : last->children) draw(child, depth + 1, marks, out);
}

}  // namespace

void quiet_hwloc() {
  for (const char* name : kStrays) {
    const char* value = std::getenv(name);
    if (value == nullptr) continue;
    removed_variables().push_back(std::string(name) + "=" + value);
    ::unsetenv(name);
  }
  ::setenv("HWLOC_HIDE_ERRORS", "2", 1);
  // The XML parser inside hwloc is silent about broken files, libxml2 is not; plugins (OpenCL, GL)
  // may start threads.
  ::setenv("HWLOC_LIBXML", "0", 1);
  ::setenv("HWLOC_PLUGINS_PATH", "/dev/null", 1);
}

std::vector<std::string> ignored_environment() {
  std::vector<std::string> result = removed_variables();
  for (const char* name : kStrays) {
    if (const char* value = std::getenv(name)) result.push_back(std::string(name) + "=" + value);
  }
  return result;
}

void check_topology_file(const std::string& path) {
  const std::string advice =
      "; give a file written by `lstopo file.xml` or a description such as "
      "\"pack:1 core:4 pu:2\"";
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    throw UsageError("cannot read the topology file " + path + ": " + std::strerror(errno) +
                     advice);
  }
  if (!S_ISREG(status.st_mode)) {
    throw UsageError("the topology " + path + " is not a regular file" + advice);
  }
  if (status.st_size > kLargestFile) {
    throw UsageError("the topology file " + path + " is larger than the limit of 8 MiB" + advice);
  }
  std::ifstream file(path);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) {
    throw UsageError("cannot read the topology file " + path + ": " + std::strerror(errno) +
                     advice);
  }
  const std::size_t root = text.find("<topology");
  if (root == std::string::npos) {
    throw UsageError("the file " + path + " is not a hwloc topology: it has no <topology> element" +
                     advice);
  }
  const std::string tag = text.substr(root, text.find('>', root) - root);
  const std::size_t version = tag.find("version=\"");
  if (version != std::string::npos && std::atoi(tag.c_str() + version + 9) >= 3) {
    throw UsageError("the topology file " + path + " was written by hwloc " +
                     tag.substr(version + 9, tag.find('"', version + 9) - version - 9) +
                     ", and this program uses hwloc 2, which cannot read it; write it again with "
                     "`lstopo --export-xml-flags v2 file.xml`");
  }
  if (text.find("</topology>") == std::string::npos) {
    throw UsageError("the topology file " + path +
                     " is truncated: its </topology> is missing; write it again with "
                     "`lstopo file.xml`");
  }
  check_topology_xml(path, text);
}

bool succeeds_in_child(const std::function<bool()>& attempt) {
  const pid_t child = ::fork();
  if (child < 0) throw_errno("fork", "end other processes of this user, or raise `ulimit -u`");
  if (child == 0) {
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    const rlimit one_second{1, 2};  // of computing, however busy the machine is
    ::setrlimit(RLIMIT_CPU, &one_second);
    if (const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC); null >= 0)
      ::dup2(null, STDERR_FILENO);
    ::alarm(20);
    bool succeeded = false;
    try {
      succeeded = attempt();
    } catch (...) {
      succeeded = false;
    }
    ::_exit(succeeded ? 0 : 1);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) throw_errno("waitpid");
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

Topology Topology::parse(const std::string& text) {
  struct stat status{};
  const bool exists = !text.empty() && ::stat(text.c_str(), &status) == 0;
  return exists || text.ends_with(".xml") ? from_file(text) : from_synthetic(text);
}

const char* level_name(Level level) {
  constexpr const char* kNames[] = {"pu",    "core", "l2",      "l3",
                                    "group", "numa", "package", "machine"};
  return kNames[static_cast<std::size_t>(level)];
}

const std::vector<CpuSet>& Topology::objects(Level level, int depth) const {
  static const std::vector<CpuSet> none;
  const auto found = objects_.find({level, depth});
  return found == objects_.end() ? none : found->second;
}

std::uint64_t Topology::xml_hash() const {
  std::istringstream lines(xml_);
  std::string line;
  std::string kept;
  while (std::getline(lines, line)) {
    const bool changes = line.find("<info ") != std::string::npos ||
                         line.find("<page_type ") != std::string::npos ||
                         line.find("<support ") != std::string::npos;
    if (changes) continue;
    const std::size_t memory = line.find(" local_memory=\"");
    if (memory != std::string::npos) {
      line.erase(memory, line.find('"', memory + 15) + 1 - memory);
    }
    kept += line + '\n';
  }
  return fnv_hash(kept);
}

std::string Topology::drawing(const std::map<int, std::string>& marks) const {
  std::string out;
  draw(root_, 0, marks, out);
  return out;
}

std::uint64_t fnv_hash(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char character : text) {
    hash = (hash ^ static_cast<unsigned char>(character)) * 0x100000001b3ULL;
  }
  return hash;
}

CpuSet isolated_cpus() {
  std::ifstream file("/sys/devices/system/cpu/isolated");
  std::string text;
  std::getline(file, text);
  try {
    return CpuSet::parse(text);
  } catch (const UsageError&) {
    return {};
  }
}

}  // namespace convoy
