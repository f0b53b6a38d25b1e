#include <mutex>

#include "harness/gil/gil.hpp"

namespace convoy {
namespace {

// One std::mutex and nothing else: a checkpoint never gives it up, so a seat that only computes
// keeps everybody out until it waits or ends. Called by the seats; take blocks until the holder
// lets go by itself.
class Mutex final : public Gil {
 public:
  void attach(Seat& seat) override { seat.breaker = &seat.own_breaker; }

 protected:
  bool take(Seat& seat) override {
    const bool waited = !mutex_.try_lock();
    if (waited) {
      const RecordedWait recorded(seat.recorder, WaitCause::gil);
      mutex_.lock();
    }
    account_switch(seat, last_holder_);
    last_holder_ = &seat;
    return waited;
  }
  void drop(Seat&, ReleaseReason) override { mutex_.unlock(); }
  void breaker_set(Seat&, std::uint32_t) override {}

 private:
  std::mutex mutex_;
  const Seat* last_holder_ = nullptr;  // written while the mutex is held
};

std::unique_ptr<Gil> make(const std::vector<std::int64_t>&) { return std::make_unique<Mutex>(); }

const GilRegistration registration{
    {.name = "mutex",
     .description = "A plain mutex, a control: no checkpoint releases it, because nobody can ask",
     .parameters = {},
     .make = make,
     .preempts = false}};

}  // namespace
}  // namespace convoy
