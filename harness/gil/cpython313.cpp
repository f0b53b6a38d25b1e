#include "harness/gil/cpython_lock.hpp"

namespace convoy {
namespace {

using namespace std::chrono_literals;

// CPython's lock from 3.13 on: the request is a bit in the breaker word of the holder alone. Others
// never see it, and one that came too late stays set until that seat takes the lock again. Called
// by the seats, from their own threads; blocks as the lock does.
class CPython313 final : public CPythonGil {
 public:
  explicit CPython313(const std::vector<std::int64_t>& arguments) : lock_(arguments) {}

  void attach(Seat& seat) override { seat.breaker = &seat.own_breaker; }
  // As from 3.14 on; in 3.13 they still exit.
  void finalise(Seat& seat) override { lock_.finalise(seat, true); }

 protected:
  bool take(Seat& seat) override { return lock_.take(seat); }
  void drop(Seat& seat, ReleaseReason why) override { lock_.drop(seat, why); }

 private:
  Lock lock_;
};

std::unique_ptr<Gil> make(const std::vector<std::int64_t>& arguments) {
  return std::make_unique<CPython313>(arguments);
}

const GilRegistration registration{
    {"cpython313",
     "CPython 3.13 and 3.14: as cpython32, but requests go to a word of the holder's own",
     {&CPythonGil::interval, &CPythonGil::forced, &CPythonGil::timeout},
     make,
     LatenessLaw{.intervals = 1, .sleeps = 0, .least = 0ns, .most = 400us}}};

}  // namespace
}  // namespace convoy
