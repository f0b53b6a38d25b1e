#include "harness/gil/cpython_lock.hpp"

namespace convoy {
namespace {

using namespace std::chrono_literals;

// The lock of cpython32 as it might have become (bpo-7946): a seat that let go by itself, in front
// of a blocking call, asks for the lock as soon as it is back and does not wait for an interval.
// One whose lock was taken away waits as ever. Called by the seats, from their own threads; blocks
// as the lock does.
class IoPriority final : public CPythonGil {
 public:
  explicit IoPriority(const std::vector<std::int64_t>& arguments) : lock_(arguments) {}

  void attach(Seat& seat) override { seat.breaker = &breaker_; }

 protected:
  // gil_private says whether the seat's last release was voluntary.
  bool take(Seat& seat) override { return lock_.take(seat, seat.gil_private != 0); }
  void drop(Seat& seat, ReleaseReason why) override {
    seat.gil_private = why == ReleaseReason::blocking;
    lock_.drop(seat, why);
  }

 private:
  Lock lock_;
  // Relaxed: a hint, see the lock.
  alignas(64) std::atomic<std::uint32_t> breaker_{0};
};

std::unique_ptr<Gil> make(const std::vector<std::int64_t>& arguments) {
  return std::make_unique<IoPriority>(arguments);
}

const GilRegistration registration{
    {"io_priority",
     "A proposal: as cpython32, but a thread that returns from a blocking call asks at once",
     {&CPythonGil::interval, &CPythonGil::forced, &CPythonGil::timeout},
     make,
     LatenessLaw{.intervals = 0, .sleeps = 0, .least = -200us, .most = 400us}}};

}  // namespace
}  // namespace convoy
