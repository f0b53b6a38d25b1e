// Who waits for which object and who holds what, in memory that a crew shares with the controller.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "harness/base/clock.hpp"
#include "harness/base/futex.hpp"
#include "harness/base/mapping.hpp"

namespace convoy {

struct ParkedOperation;

constexpr int kMostObjects = 64;  // of one crew
constexpr int kMostHeld = 7;      // objects of one worker that are told apart

// Who can end a wait for an object.
enum class FreedBy : std::uint8_t {
  owner,   // the worker whose number is in `owner`
  holder,  // any of the workers that list the object as held
  all,     // the other workers, all of whom have to come
  anybody  // whoever likes: such a wait is no part of a deadlock
};

// One object. Written to by whoever made it, once; `owner` and `signalled` by those who use it.
struct alignas(128) ObjectSlot {
  std::array<char, 32> name{};
  std::array<char, 24> kind{};  // "mutex"
  FreedBy freed_by = FreedBy::anybody;
  std::uint16_t index = 0;
  // Of kinds that have an owner: 0, or 1 + its worker's index, with kContended where somebody may
  // sleep on it. Orders what it guards: acquire where it is taken, release where it is let go.
  FutexWord owner{0};
  // A worker that did not hold it has released it, so it is a signal rather than a lock, and who
  // holds it says nothing. Relaxed: never taken back.
  std::atomic<bool> signalled{false};

  static constexpr std::uint32_t kContended = 1U << 31;
  std::string_view text() const { return name.data(); }
};

// One worker's part. Relaxed throughout: the controller looks twice and believes only what has not
// changed.
struct alignas(64) WaitSlot {
  // How often it has waited, whether this wait has a limit, and 1 + the object's index: 0 while it
  // waits for none.
  std::atomic<std::uint64_t> wait{0};
  std::atomic<std::int64_t> since_ns{0};  // when the wait began, on the clock of now()
  // What it holds, the latest last; more than there is room for is not told.
  std::array<std::atomic<std::uint16_t>, kMostHeld> held{};
  std::atomic<std::uint16_t> held_count{0};
  std::atomic<bool> done{false};  // with its round
  // What a blocked worker sleeps on where an object wakes workers one by one: 1 once it is woken.
  // Release and acquire, so that it sees what its waker did.
  FutexWord park{0};
  // 1 + the index of the object in whose queue it is, or 0. Relaxed: changed from and to this value
  // only under that object's own lock.
  std::atomic<std::uint16_t> queue{0};
  // Its place there: 1 + the index of the worker before and behind. Under the object's own lock, as
  // the next.
  std::uint32_t before = 0, behind = 0;
  std::uint64_t ticket = 0;  // what the object remembers of this wait; the worker's own
  // The suspended wait, null for a blocked worker. Means something in the host only, where all
  // coroutines of a crew are.
  ParkedOperation* parked = nullptr;

  // By the worker itself, while no other runs.
  void begin_round() {
    held_count.store(0, std::memory_order_relaxed);
    done.store(false, std::memory_order_relaxed);
    queue.store(0, std::memory_order_relaxed);
    parked = nullptr;
  }
};

// What a slot's `wait` says.
struct StandingWait {
  std::uint64_t count = 0;
  bool timed = false;
  int object = -1;  // none

  static StandingWait of(std::uint64_t word) {
    return {word >> 17, (word >> 16 & 1) != 0, static_cast<int>(word & 0xFFFF) - 1};
  }
  std::uint64_t word() const {
    return count << 17 | (timed ? 1U << 16 : 0U) | static_cast<std::uint64_t>(object + 1);
  }
};

// Made by the controller before it forks the host of a crew whose workload has objects to wait on;
// slots of objects are taken in the host, before its workers begin. The rest is written by the
// workers; anybody may read at any time. Never blocks.
class WaitTable {
 public:
  struct Crew {
    bool alone = false;   // its workers are coroutines of one event loop, so that nobody else runs
                          // while one of them does and nothing has to be atomic
    bool forked = false;  // its workers are processes
    bool may_spin = false;  // every seat has a CPU of its own
  };
  WaitTable(int workers, const Crew& crew);

  // The next object's slot. Throws std::length_error where there are more than kMostObjects.
  ObjectSlot& add(std::string_view name, std::string_view kind, FreedBy freed_by);

  ObjectSlot& object(int index) const;
  int objects() const { return static_cast<int>(header().objects); }
  WaitSlot& slot(int worker) const;
  int workers() const { return workers_; }
  const Crew& crew() const { return crew_; }
  FutexScope scope() const { return crew_.forked ? FutexScope::shared : FutexScope::process; }

  // Worker `worker` takes `taken`, without a limit to its wait, while it holds `held`. Keeps the
  // first worker that did.
  void note_order(int held, int taken, int worker);
  // That worker, or -1.
  int ordered_by(int held, int taken) const;

 private:
  struct Header {
    std::uint32_t objects = 0;
    // [held][taken]: 1 + the first worker that took them so. Relaxed: read after the round.
    std::array<std::array<std::atomic<std::uint32_t>, kMostObjects>, kMostObjects> orders{};
  };
  Header& header() const { return *static_cast<Header*>(mapping_.data()); }

  int workers_;
  Crew crew_;
  Mapping mapping_;
};

}  // namespace convoy
