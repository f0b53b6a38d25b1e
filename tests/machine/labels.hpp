// Requests from the labels that benchmark names tell.
#pragma once

#include <string_view>

#include "harness/machine/placement.hpp"

namespace convoy::testing {

// The inverse of placement_label: "core.close", "none", or a place alone.
inline PlacementRequest request_of(std::string_view label) {
  PlacementRequest request;
  const std::size_t dot = label.find('.');
  if (label != "none") parse_place(label.substr(0, dot), request);
  if (label == "none") request.policy = parse_policy(label);
  else if (dot != std::string_view::npos) request.policy = parse_policy(label.substr(dot + 1));
  return request;
}

}  // namespace convoy::testing
