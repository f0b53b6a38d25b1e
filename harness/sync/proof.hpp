// Proofs that workloads demand of the objects they measure: a row whose object breaks its promise
// fails.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <stdexcept>
#include <utility>

#include "harness/work/worker.hpp"

namespace convoy {

// Throws std::logic_error where that is not so: "worker 2: a cancelled timer fired: report ...".
template <class... Arguments>
void expect(bool right, const Worker& worker, fmt::format_string<Arguments...> wrong,
            Arguments&&... arguments) {
  if (right) [[likely]]
    return;
  throw std::logic_error(fmt::format("worker {}: {}: report it with this benchmark's name",
                                     worker.index(),
                                     fmt::format(wrong, std::forward<Arguments>(arguments)...)));
}

// What a task makes of its number, so that its result can be checked: another number for each, and
// added up they tell whether one is missing, or came twice.
inline std::uint64_t mark_of(std::int64_t number) {
  std::uint64_t bits = (static_cast<std::uint64_t>(number) + 1) * 0x9E3779B97F4A7C15U;
  bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9U;
  bits = (bits ^ bits >> 27) * 0x94D049BB133111EBU;
  return bits ^ bits >> 31;
}

// That a lock lets one worker in at a time. In a SharedState; a plain integer, so that the thread
// sanitizer sees as well where it is not guarded.
//   co_await lock.lock(worker);
//   worker[solitude].enter(worker);
class Solitude {
 public:
  void enter(const Worker& worker) {
    expect(inside_ == 0, worker, "got a lock that worker {} was inside", inside_ - 1);
    inside_ = 1 + worker.index();
  }
  void leave(const Worker& worker) {
    expect(inside_ == 1 + worker.index(), worker, "was inside a lock when worker {} got in",
           inside_ - 1);
    inside_ = 0;
  }

 private:
  int inside_ = 0;  // 1 + the worker's index
};

}  // namespace convoy
