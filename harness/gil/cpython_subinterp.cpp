#include <memory>
#include <vector>

#include "harness/gil/cpython_lock.hpp"

namespace convoy {
namespace {

using namespace std::chrono_literals;

// Sub-interpreters with a lock each (PEP 684): the seats are dealt out to groups in turn, and each
// group has the lock of cpython313 to itself. Called by the seats, from their own threads; blocks
// as the group's lock does, and never because of another group.
class CPythonSubinterp final : public CPythonGil {
 public:
  explicit CPythonSubinterp(const std::vector<std::int64_t>& arguments) {
    for (std::int64_t group = 0; group < arguments.at(3); ++group)
      locks_.push_back(std::make_unique<Padded>(arguments));
  }

  // gil_private is the seat's group, so that no acquisition divides.
  void attach(Seat& seat) override {
    seat.breaker = &seat.own_breaker;
    seat.gil_private = seat.index % static_cast<std::int64_t>(locks_.size());
  }

 protected:
  bool take(Seat& seat) override { return lock_of(seat).take(seat); }
  void drop(Seat& seat, ReleaseReason why) override { lock_of(seat).drop(seat, why); }

 private:
  // On cache lines of its own, as groups share nothing.
  struct alignas(128) Padded {
    explicit Padded(const std::vector<std::int64_t>& arguments) : lock(arguments) {}
    Lock lock;
  };

  Lock& lock_of(const Seat& seat) {
    return locks_[static_cast<std::size_t>(seat.gil_private)]->lock;
  }

  std::vector<std::unique_ptr<Padded>> locks_;  // fixed from the start
};

const Parameter groups{"groups", 2,
                       "Number of interpreters to which the seats are assigned in turn", 1, 1024};

std::unique_ptr<Gil> make(const std::vector<std::int64_t>& arguments) {
  return std::make_unique<CPythonSubinterp>(arguments);
}

// The law is that of seats 0 and 1, which are in different groups.
const GilRegistration registration{
    {.name = "cpython_subinterp",
     .description = "CPython 3.13's sub-interpreters: groups of seats, each with a lock of its own",
     .parameters = {&CPythonGil::interval, &CPythonGil::forced, &CPythonGil::timeout, &groups},
     .make = make,
     .lateness = LatenessLaw{.intervals = 0, .sleeps = 0, .least = -200us, .most = 200us},
     .excludes = false}};

}  // namespace
}  // namespace convoy
