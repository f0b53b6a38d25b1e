// CPython's lock since 3.2, shared by the policies that are made of it.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

#include "harness/gil/condvar.hpp"
#include "harness/gil/gil.hpp"
#include "harness/gil/inner_lock.hpp"

namespace convoy {

// What those policies derive from. Each keeps one Lock or several, and decides where a seat's
// requests are read when it attaches the seat: in a word of all seats, as up to 3.12, or in the
// seat's own, as from 3.13.
class CPythonGil : public Gil {
 public:
  // Of every such policy, in this order and before its own.
  static const Parameter<nanoseconds> interval;
  static const Flag forced, timeout;

 protected:
  // The request to drop the lock, a bit of the breaker word; the rest of the word is not the
  // lock's.
  static constexpr std::uint32_t kDropRequest = 1;

  // Who waits for a whole interval without seeing the lock change hands asks the holder to drop it;
  // a holder that dropped it on request waits until somebody else has taken it (the forced switch).
  // Called by the seats, from their own threads; take blocks until the lock is free, drop until the
  // forced switch has happened.
  class Lock {
   public:
    // The arguments of a policy whose parameters begin with those above.
    explicit Lock(const std::vector<std::int64_t>& arguments);

    // True when the seat had to wait; `at_once` asks whoever holds the lock, without waiting for an
    // interval first.
    bool take(Seat& seat, bool at_once = false);
    void drop(Seat& seat, ReleaseReason why);
    // Called by the holder: from now on no other seat gets the lock for longer than it takes to
    // notice; it hangs for ever, or take throws SeatMustExit.
    void finalise(const Seat& seat, bool others_hang);

   private:
    bool wait_until_free(Seat& seat, bool at_once);
    void ask_holder(const Seat& seat);
    void let_go();
    bool must_exit(const Seat& seat) const { return finaliser_ != nullptr && finaliser_ != &seat; }
    [[noreturn]] void turn_away(InnerLock& lock);
    void force_switch(Seat& seat);

    const nanoseconds interval_;
    const bool forced_;
    const bool timeout_;

    std::mutex mutex_;
    Condvar free_;
    bool locked_ = false;              // under mutex_
    std::uint64_t switch_number_ = 0;  // under mutex_
    int waiting_ = 0;                  // under mutex_: seats inside wait_until_free
    int signalled_ = 0;                // under mutex_: of these, those signalled and not yet awake
    const Seat* finaliser_ = nullptr;  // under mutex_
    bool others_hang_ = false;         // under mutex_

    std::mutex switch_mutex_;
    Condvar switched_;
    // Who holds the lock or held it last. Relaxed: it changes under both mutexes and is read under
    // either; the one store outside, in drop, stores what the taker had stored.
    std::atomic<Seat*> last_holder_{nullptr};
  };

  void breaker_set(Seat& seat, std::uint32_t ticks) override;
};

}  // namespace convoy
