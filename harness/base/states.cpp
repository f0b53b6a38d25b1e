#include "harness/base/states.hpp"

#include <numeric>

namespace convoy {

nanoseconds WaitAccount::blocked() const {
  return std::accumulate(by_kind.begin(), by_kind.end(), nanoseconds(0));
}

nanoseconds SeatStates::unattributed() const {
  nanoseconds left = (end - begin).blocked();
  for (const WaitAccount& account : waits) left -= account.blocked();
  return left;
}

void StateLedger::begin_round(const Reading& reading, nanoseconds arrived) {
  states_ = {};
  states_.arrived = arrived;
  states_.begin = last_ = reading;
}

nanoseconds StateLedger::begin_wait(const Reading& reading, WaitCause cause, std::uint8_t kind) {
  const Reading since = reading - last_;
  last_ = reading;
  cause_ = cause;
  kind_ = kind;
  return since.run_delay;
}

nanoseconds StateLedger::end_wait(const Reading& reading) {
  const Reading wait = reading - last_;
  WaitAccount& account = states_.waits[static_cast<std::size_t>(cause_)];
  ++account.count;
  account.wall += wait.wall;
  account.by_kind[kind_ % kWaitKinds] += wait.blocked();
  if (wait.wall > account.longest) {
    account.longest = wait.wall;
    account.longest_began = last_.wall;
  }
  last_ = reading;
  return wait.run_delay;
}

nanoseconds StateLedger::end_round(const Reading& reading) {
  states_.end = reading;
  return (reading - last_).run_delay;
}

}  // namespace convoy
