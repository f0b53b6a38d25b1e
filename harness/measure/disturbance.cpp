#include "harness/measure/disturbance.hpp"

#include <algorithm>

namespace convoy {
namespace {

// Of a round's time. What a quiet machine shows in nineteen of twenty rounds is below.
constexpr double kMostRunDelay = 0.01;
constexpr double kMostSteal = 0.01;
// Of the usual speed. The loop's own spread on a quiet machine is up to 14 %.
constexpr double kSlowest = 0.75;
// A wake-up on a virtual machine takes as long, with nobody in the way; short rounds hold few.
constexpr nanoseconds kWakeUp = std::chrono::microseconds(50);

double share_of(nanoseconds part, nanoseconds whole) {
  return whole.count() <= 0
             ? 0
             : static_cast<double>(part.count()) / static_cast<double>(whole.count());
}

bool may_meet(const CpuSet& seat, const CpuSet& other) {
  return other.empty() || seat.intersects(other);
}

// How long this seat waited for its CPU while nobody of the crew can have had it.
nanoseconds unexplained(const RoundEvidence& evidence, const RoundEvidence::Seat& seat) {
  nanoseconds explained = evidence.helpers;
  for (const RoundEvidence::Seat& other : evidence.seats)
    if (&other != &seat && may_meet(seat.cpus, other.cpus)) explained += other.cpu;
  if (may_meet(seat.cpus, evidence.peer_cpus)) explained += evidence.peer;
  return seat.run_delay - explained;
}

bool was_kept_waiting(const RoundEvidence& evidence) {
  return std::any_of(evidence.seats.begin(), evidence.seats.end(), [&](const auto& seat) {
    if (seat.cpus.empty() || seat.run_delay.count() < 0) return false;
    const nanoseconds delay = unexplained(evidence, seat);
    return delay > kWakeUp && share_of(delay, evidence.wall) > kMostRunDelay;
  });
}

}  // namespace

const char* name_of(Disturbance disturbance) {
  switch (disturbance) {
    case Disturbance::run_delay: return "run_delay";
    case Disturbance::foreign_work: return "foreign_work";
    case Disturbance::yardstick: return "yardstick";
    case Disturbance::steal: return "steal";
  }
  return "";
}

std::set<Disturbance> judge(const RoundEvidence& evidence) {
  std::set<Disturbance> found;
  if (was_kept_waiting(evidence)) found.insert(Disturbance::run_delay);
  if (evidence.yardstick && *evidence.yardstick < kSlowest) found.insert(Disturbance::yardstick);
  if (evidence.stolen && share_of(*evidence.stolen, evidence.wall * evidence.cpus) > kMostSteal)
    found.insert(Disturbance::steal);
  return found;
}

ForeignWork::ForeignWork(CpuSet cpus, Read read)
    : cpus_(std::move(cpus)), read_(std::move(read)), first_(read_()), last_(first_) {}

std::optional<bool> ForeignWork::look(bool must_end) {
  Reading reading = read_();
  const nanoseconds elapsed = reading.times.at - last_.times.at;
  if (elapsed < kWindow && !must_end) return {};
  if (elapsed < kShortest) return false;
  const auto share =
      foreign_share(use_between(last_.times, reading.times, cpus_), reading.own - last_.own);
  last_ = std::move(reading);
  return share.value_or(0) > kLimit;
}

std::optional<double> ForeignWork::share() const {
  return foreign_share(use_between(first_.times, last_.times, cpus_), last_.own - first_.own);
}

std::optional<double> ForeignWork::steal_share() const {
  const CpuUse use = use_between(first_.times, last_.times, cpus_);
  if (!use.stolen) return {};
  return share_of(*use.stolen, use.elapsed);
}

ForeignWork watch_foreign_work(const CpuSet& cpus) {
  return {cpus, [] { return ForeignWork::Reading{read_cpu_times(), own_cpu_time()}; }};
}

}  // namespace convoy
