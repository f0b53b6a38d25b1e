#include "harness/work/station.hpp"

#include <algorithm>

#include "harness/work/descriptor.hpp"

namespace convoy {

void Station::make_local_fixtures(std::uint32_t place, int index) {
  const auto& known = setup_->workload().fixtures;
  if (std::none_of(known.begin(), known.end(),
                   [](const FixtureBase* fixture) { return fixture->per_worker(); }))
    return;
  if (place >= local_.size()) local_.resize(place + 1);
  local_[place] = convoy::make_local_fixtures(*setup_, index);
}

}  // namespace convoy
