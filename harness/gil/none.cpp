#include "harness/gil/gil.hpp"

namespace convoy {
namespace {

using namespace std::chrono_literals;

// No lock at all: every seat runs when it likes, as free threads do. Never blocks.
class None final : public Gil {
 public:
  void attach(Seat& seat) override { seat.breaker = &seat.own_breaker; }

 protected:
  bool take(Seat&) override { return false; }
  void drop(Seat&, ReleaseReason) override {}
  void breaker_set(Seat&, std::uint32_t) override {}
};

std::unique_ptr<Gil> make(const std::vector<std::int64_t>&) { return std::make_unique<None>(); }

const GilRegistration registration{
    {.name = "none",
     .description = "No lock: seats run side by side, and unprotected updates may be lost",
     .parameters = {},
     .make = make,
     .lateness = LatenessLaw{.intervals = 0, .sleeps = 0, .least = -200us, .most = 200us},
     .excludes = false,
     .has_lock = false}};

}  // namespace
}  // namespace convoy
