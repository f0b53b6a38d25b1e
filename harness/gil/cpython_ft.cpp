#include "harness/gil/cpython_lock.hpp"

namespace convoy {
namespace {

using namespace std::chrono_literals;

// Free-threaded CPython (PEP 703, 3.13t on). The lock is there but switched off, and who wants it
// looks no further than that; PYTHON_GIL=1, or an extension that needs it, makes it the lock of
// cpython313. Called by the seats, from their own threads; blocks only where it is on.
class CPythonFt final : public CPythonGil {
 public:
  explicit CPythonFt(const std::vector<std::int64_t>& arguments)
      : enabled_(arguments.at(3) != 0), lock_(arguments) {}

  void attach(Seat& seat) override { seat.breaker = &seat.own_breaker; }

 protected:
  bool take(Seat& seat) override { return enabled_ && lock_.take(seat); }
  void drop(Seat& seat, ReleaseReason why) override {
    if (enabled_) lock_.drop(seat, why);
  }

 private:
  const bool enabled_;  // does not change while seats run, though an import may in CPython
  Lock lock_;
};

const Flag gil{"gil", false, "Use the lock, as with PYTHON_GIL=1; with off, seats run freely"};

std::unique_ptr<Gil> make(const std::vector<std::int64_t>& arguments) {
  return std::make_unique<CPythonFt>(arguments);
}

const GilRegistration registration{
    {.name = "cpython_ft",
     .description = "CPython 3.13t and 3.14t, free-threaded: no lock unless gil=on",
     .parameters = {&CPythonGil::interval, &CPythonGil::forced, &CPythonGil::timeout, &gil},
     .make = make,
     .lateness = LatenessLaw{.intervals = 0, .sleeps = 0, .least = -200us, .most = 200us},
     .excludes = false}};

}  // namespace
}  // namespace convoy
