#include "harness/gil/cpython_lock.hpp"

namespace convoy {
namespace {

using namespace std::chrono_literals;

// CPython's lock from 3.2 to 3.12: all seats share one breaker word, so whoever stands at a
// checkpoint while the request is set acts on it, and whoever takes the lock clears it. Called by
// the seats, from their own threads; blocks as the lock does.
class CPython32 final : public CPythonGil {
 public:
  explicit CPython32(const std::vector<std::int64_t>& arguments) : lock_(arguments) {}

  void attach(Seat& seat) override { seat.breaker = &breaker_; }
  // As from 3.9 on: whoever would get the lock exits.
  void finalise(Seat& seat) override { lock_.finalise(seat, false); }

 protected:
  bool take(Seat& seat) override { return lock_.take(seat); }
  void drop(Seat& seat, ReleaseReason why) override { lock_.drop(seat, why); }

 private:
  Lock lock_;
  // Relaxed: a hint, see the lock.
  alignas(64) std::atomic<std::uint32_t> breaker_{0};
};

std::unique_ptr<Gil> make(const std::vector<std::int64_t>& arguments) {
  return std::make_unique<CPython32>(arguments);
}

const GilRegistration registration{
    {"cpython32",
     "CPython 3.2 to 3.12: waiters ask after an interval, and the holder must switch",
     {&CPythonGil::interval, &CPythonGil::forced, &CPythonGil::timeout},
     make,
     LatenessLaw{.intervals = 1, .sleeps = 0, .least = 0ns, .most = 400us}}};

}  // namespace
}  // namespace convoy
