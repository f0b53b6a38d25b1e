// How the time of one seat divides into states that exclude each other.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "harness/base/recorder.hpp"

namespace convoy {

// The clocks of one thread, read as of one instant.
struct Reading {
  nanoseconds wall{0};
  nanoseconds cpu{0};
  nanoseconds run_delay{0};  // stays 0 where the kernel does not tell

  friend Reading operator-(const Reading& end, const Reading& begin) {
    return {end.wall - begin.wall, end.cpu - begin.cpu, end.run_delay - begin.run_delay};
  }
  // Neither running nor ready to run.
  nanoseconds blocked() const { return wall - cpu - run_delay; }
};

// All waits of one cause.
struct WaitAccount {
  std::uint64_t count = 0;
  nanoseconds wall{0}, longest{0};                // from begin to end
  nanoseconds longest_began{0};                   // on the clock of now()
  std::array<nanoseconds, kWaitKinds> by_kind{};  // without CPU time and run delay
  nanoseconds blocked() const;
};

// One seat in one round. Trivially copyable, so that it can live in memory shared between
// processes; written by the seat alone and read after the round. CPU time and run delay are those
// of the whole round and are taken out of every wait, so the states add up to the wall time:
// arrived → begin is the start line, begin → end everything else.
struct SeatStates {
  nanoseconds arrived{0};
  Reading begin, end;
  std::array<WaitAccount, kWaitCauses> waits{};

  const WaitAccount& of(WaitCause cause) const { return waits[static_cast<std::size_t>(cause)]; }
  nanoseconds wall() const { return end.wall - arrived; }
  nanoseconds at_start_line() const { return begin.wall - arrived; }
  nanoseconds running() const { return end.cpu - begin.cpu; }
  nanoseconds runnable() const { return end.run_delay - begin.run_delay; }
  // What nobody accounts for; below zero where the clocks have told more than there was.
  nanoseconds unattributed() const;
};

// Keeps the states of one seat from its readings. Used by the seat; reads no clock itself.
class StateLedger {
 public:
  explicit StateLedger(SeatStates& states) : states_(states) {}

  void begin_round(const Reading& reading, nanoseconds arrived);
  // Returns the run delay since the last wait or the begin of the round.
  nanoseconds begin_wait(const Reading& reading, WaitCause cause, std::uint8_t kind);
  // Returns the run delay within the wait.
  nanoseconds end_wait(const Reading& reading);
  // Returns what begin_wait does.
  nanoseconds end_round(const Reading& reading);

  WaitCause cause() const { return cause_; }
  std::uint8_t kind() const { return kind_; }

 private:
  SeatStates& states_;
  Reading last_;  // when the last wait began or ended
  WaitCause cause_ = WaitCause::gil;
  std::uint8_t kind_ = 0;
};

// Reads a thread's clocks so that they tell of one instant. `Source` has wall(), cpu() and
// run_delay(). Used by the thread it reads; never blocks.
template <class Source>
class JointClock {
 public:
  explicit JointClock(Source source) : source_(source) {}

  Reading read() {
    Reading best;
    nanoseconds shortest = nanoseconds::max();
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      const nanoseconds before = source_.wall();
      const nanoseconds cpu = source_.cpu();
      const nanoseconds after = source_.wall();
      Reading reading{before + (after - before) / 2, cpu, last_.run_delay};
      // A thread that was not blocked or preempted since the last reading has no new run delay, and
      // the file it stands in need not be read.
      const bool undisturbed = (reading - last_).blocked() < kNoSwitch;
      if (!undisturbed) reading.run_delay = source_.run_delay();
      // Whatever came between the readings, they are not of one instant.
      const nanoseconds took = (undisturbed ? after : source_.wall()) - before;
      if (took < shortest) {
        shortest = took;
        best = reading;
      }
      if (took <= patience_) break;
    }
    patience_ = std::min(patience_, 4 * shortest + std::chrono::microseconds(2));
    return last_ = best;
  }

 private:
  static constexpr int kAttempts = 4;
  static constexpr nanoseconds kNoSwitch{300};  // less than any switch to another thread takes

  Source source_;
  Reading last_{nanoseconds::min() / 2, nanoseconds(0), nanoseconds(0)};
  nanoseconds patience_ = std::chrono::milliseconds(1);
};

}  // namespace convoy
