// An interpreter lock: who may run. A policy is one file that derives from Gil and registers
// itself.
#pragma once

#include <atomic>
#include <cstdint>

#include "harness/base/recorder.hpp"
#include "harness/base/seat.hpp"
#include "harness/gil/policy.hpp"

namespace convoy {

enum class ReleaseReason : std::uint8_t {
  blocking,  // in front of a call that may block, or of native code
  yield,     // at a checkpoint, because somebody asked or a count ran out
  exit,      // the seat's round is over
};

// Thrown by acquire where the interpreter has ended and the seat's thread with it.
struct SeatMustExit {};

// One lock, shared by the seats of one interpreter (a process). Called by the seats themselves,
// from their own threads; acquire and release may block. The public calls account; the protected
// ones are the policy.
class Gil {
 public:
  Gil() = default;
  Gil(const Gil&) = delete;
  Gil& operator=(const Gil&) = delete;
  virtual ~Gil() = default;

  // Called once per seat before its first acquire, from the seat's thread or before it starts.
  void admit(Seat& seat);

  void acquire(Seat& seat) {
    if (seat.gil_accounting) acquire_accounted(seat, now());
    else take(seat);
  }
  void release(Seat& seat, ReleaseReason why) {
    if (seat.gil_accounting) release_accounted(seat, why);
    else drop(seat, why);
  }
  // A safe point of the emulated interpreter that stands for `ticks` bytecodes; 0 means: as
  // many as the time since the last one holds. One relaxed load where nobody asked for anything.
  void checkpoint(Seat& seat, std::uint32_t ticks) {
    // Relaxed: the word is only a hint to enter the slow path, which synchronises by the lock
    // itself.
    if (seat.breaker->load(std::memory_order_relaxed) != 0) [[unlikely]]
      checkpoint_slowly(seat, ticks);
  }
  // A signal has come for the interpreter. Its handler runs in the main seat, the admitted one with
  // the lowest index, at that seat's next checkpoint; what comes before that is the same signal.
  // Seats that share the main seat's breaker word take the slow path until then. Any thread; never
  // blocks.
  void signal();
  // The interpreter ends: called by the seat that holds the lock and will go on alone. What becomes
  // of the others is the policy's: acquire throws SeatMustExit there, or blocks for ever, or (the
  // default) knows of no end.
  virtual void finalise(Seat&) {}

 protected:
  // Points seat.breaker to the word its checkpoints shall look at.
  virtual void attach(Seat& seat) = 0;
  // Returns when the seat holds the lock; true when it had to wait. Where it blocks, a
  // RecordedWait of seat.recorder for WaitCause::gil lasts.
  virtual bool take(Seat& seat) = 0;
  // Gives the lock up. May block where the policy forces a switch, for the scope of a SwitchWait.
  virtual void drop(Seat& seat, ReleaseReason why) = 0;
  // The slow path of a checkpoint: the breaker word was not zero, kSignal aside. Uses yield() to
  // let others in.
  virtual void breaker_set(Seat& seat, std::uint32_t ticks) = 0;
  // The bit of breaker words that means a pending signal; policies leave it as it is.
  static constexpr std::uint32_t kSignal = 1U << 31;
  // A checkpoint saw a pending signal, which is handled next if the seat is the main one.
  virtual void signal_seen(Seat&) {}
  // One seat was admitted, so there is no thread but the main one.
  bool alone() const { return admitted_.load(std::memory_order_relaxed) == 1; }

  // A wait within a drop: adds itself to seat.gil.wait_ns, and tells the recorder.
  class SwitchWait {
   public:
    explicit SwitchWait(Seat& seat)
        : seat_(seat),
          recorded_(seat.recorder, WaitCause::gil),
          began_(seat.gil_accounting ? now() : nanoseconds(0)) {}
    SwitchWait(const SwitchWait&) = delete;
    ~SwitchWait() {
      if (seat_.gil_accounting) seat_.gil.wait_ns += (now() - began_).count();
    }

   private:
    Seat& seat_;
    RecordedWait recorded_;
    nanoseconds began_;
  };
  // For waiters that ask the holder to let go.
  static void record_asking(const Seat& seat) {
    if (seat.recorder != nullptr) [[unlikely]]
      seat.recorder->note({.at = now(), .kind = EventKind::gil_asked});
  }
  // release(yield) and acquire, counted as a forced drop.
  void yield(Seat& seat);
  // `ticks`, or for 0 how many whole ones fit into the time since seat.last_checkpoint, which moves
  // on by as many: the rest counts next time.
  static std::uint32_t ticks_since(Seat& seat, std::uint32_t ticks, nanoseconds tick);
  // Counts an acquisition as a switch, or as one with nobody in between; the very first one (no
  // previous holder) is neither. Call while holding the lock, with whoever held it last.
  static void account_switch(Seat& seat, const Seat* previous) {
    if (!seat.gil_accounting || previous == nullptr) return;
    ++(previous == &seat ? seat.gil.same_worker : seat.gil.switches);
  }

 private:
  // A hold that ends here, counted when the scope does, which is when the lock is gone: an
  // interpreter lets go within tens of nanoseconds of being asked, and who asked gets the lock if
  // it has not gone back to sleep by then.
  class EndedHold {
   public:
    EndedHold(Seat& seat, ReleaseReason why);
    EndedHold(const EndedHold&) = delete;
    ~EndedHold();
    nanoseconds end() const { return end_; }

   private:
    Seat& seat_;
    const ReleaseReason why_;
    const nanoseconds end_, length_;
    const bool storm_;  // a signal is pending
  };

  // `began`: from when on the seat wants the lock.
  void acquire_accounted(Seat& seat, nanoseconds began);
  void release_accounted(Seat& seat, ReleaseReason why);
  void checkpoint_slowly(Seat& seat, std::uint32_t ticks);
  void meet_signal(Seat& seat);

  // Release where a seat becomes the main one and acquire where another thread signals it, which
  // then sees the seat's breaker.
  std::atomic<Seat*> main_{nullptr};
  // Relaxed: seats are admitted before a round begins, and that orders it.
  std::atomic<int> admitted_{0};
};

}  // namespace convoy
