#include "harness/base/closings.hpp"

namespace convoy {

constinit std::array<std::atomic<std::uint32_t>, Closings::kCounts> Closings::counts_{};

}  // namespace convoy

// Names that the linker prescribes.
extern "C" {
// NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
int __real_close(int fd);
int __wrap_close(int fd) {
  // Before it, so that whoever gets the number next finds it counted.
  convoy::Closings::note(fd);
  return __real_close(fd);
}
// NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
}
