// How files that register themselves are kept: one list a kind of entry, sorted by name.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "harness/base/check.hpp"

namespace convoy {

// The list of all entries of type T, which has a member `name`. A function-local static, so that
// registrations in other files may run in any order. Filled during static initialisation, by one
// thread; afterwards read from anywhere.
template <class T>
std::vector<T>& registry_of() {
  static std::vector<T> all;
  return all;
}

// Puts an entry in its place. Two entries of one name are a programmer's error.
template <class T>
void register_by_name(T entry) {
  std::vector<T>& all = registry_of<T>();
  const auto place =
      std::lower_bound(all.begin(), all.end(), entry.name,
                       [](const T& other, const std::string& name) { return other.name < name; });
  CONVOY_CHECK(place == all.end() || place->name != entry.name,
               "two entries of one registry share a name");
  all.insert(place, std::move(entry));
}

}  // namespace convoy
