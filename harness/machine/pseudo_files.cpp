#include "harness/machine/pseudo_files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <fstream>

#include "harness/base/unique_fd.hpp"

namespace convoy {
namespace {

// From the group up to the mount point.
void walk_up(const std::string& mount, std::string group, bool version_2,
             std::vector<ControlGroup>& found) {
  while (true) {
    while (!group.empty() && group.back() == '/') group.pop_back();
    found.push_back({mount + group, version_2});
    if (group.empty()) return;
    group.erase(group.rfind('/') == std::string::npos ? 0 : group.rfind('/'));
  }
}

}  // namespace

std::string read_pseudo_file(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text(8192, '\0');
  const ssize_t length = fd ? ::read(fd.get(), text.data(), text.size()) : -1;
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(0, length)));
  return text;
}

std::optional<std::int64_t> number_in(const std::string& path) {
  const std::string text = read_pseudo_file(path);
  std::int64_t number = 0;
  if (std::sscanf(text.c_str(), "%" SCNd64, &number) != 1) return {};
  return number;
}

std::vector<ControlGroup> control_groups(const std::string& controller,
                                         const std::string& membership, const std::string& root) {
  std::vector<ControlGroup> found;
  std::ifstream file(membership);
  std::string line;
  while (std::getline(file, line)) {  // hierarchy:controllers:path
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string group = line.substr(second + 1);
    if (controllers.empty()) {
      walk_up(root, group, true, found);
      walk_up(root + "/unified", group, true, found);
    } else if (("," + controllers + ",").find("," + controller + ",") != std::string::npos) {
      walk_up(root + "/" + controller, group, false, found);
      walk_up(root + "/" + controllers, group, false, found);
    }
  }
  return found;
}

}  // namespace convoy
