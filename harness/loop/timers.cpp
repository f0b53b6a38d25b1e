#include "harness/loop/timers.hpp"

namespace convoy {
namespace {

// Both are in order; of equal ones those of `a` come first.
SuspensionQueue merge(SuspensionQueue a, SuspensionQueue b) {
  SuspensionQueue merged;
  while (!a.empty() && !b.empty()) {
    SuspensionQueue& earlier = b.front()->deadline < a.front()->deadline ? b : a;
    merged.push(*earlier.pop());
  }
  merged.append(a);
  merged.append(b);
  return merged;
}

// The longest beginning that is in order.
SuspensionQueue take_run(SuspensionQueue& list) {
  SuspensionQueue run;
  nanoseconds last = list.front()->deadline;
  while (!list.empty() && list.front()->deadline >= last) {
    last = list.front()->deadline;
    run.push(*list.pop());
  }
  return run;
}

// Merges runs of the order they came in, since deadlines mostly come nearly in order. The counter
// in binary says how many runs each of `sorted` is made of.
SuspensionQueue sort(SuspensionQueue list) {
  std::array<SuspensionQueue, 64> sorted;
  std::uint64_t runs = 0;
  while (!list.empty()) {
    SuspensionQueue run = take_run(list);
    std::size_t i = 0;
    for (; (runs >> i & 1) != 0; ++i) run = merge(sorted[i].take(), run);
    sorted[i] = run;
    ++runs;
  }
  SuspensionQueue all;
  for (SuspensionQueue& part : sorted) all = merge(part, all);
  return all;
}

}  // namespace

Timers::Timers() : wheels_(std::make_unique<Wheels>()) {}

Timers::Place Timers::first() const {
  const int wheel = std::countr_zero(filled_);
  if (wheel > 0)
    return {wheel, static_cast<std::size_t>(
                       std::countr_zero(coarse_slots_[static_cast<std::size_t>(wheel - 1)]))};
  const auto group = static_cast<std::size_t>(std::countr_zero(fine_groups_));
  return {0, 64 * group + static_cast<std::size_t>(std::countr_zero(fine_slots_[group]))};
}

// Its digit is the slot's, those before are the present's, those behind are 0.
std::int64_t Timers::begin_of(Place place) const {
  const int shift = shift_of(place.wheel);
  const int above = shift + (place.wheel == 0 ? kFineBits : kCoarseBits);
  const std::int64_t before = tick_ >> above << above;
  return before | static_cast<std::int64_t>(place.slot) << shift;
}

Timers::Slot Timers::take(Place place) {
  Slot& from = slot(place);
  const Slot taken = from;
  from.list = {};
  if (place.wheel == 0) {
    std::uint64_t& group = fine_slots_[place.slot / 64];
    group &= ~(std::uint64_t{1} << (place.slot % 64));
    if (group == 0) fine_groups_ &= ~(std::uint64_t{1} << (place.slot / 64));
    if (fine_groups_ == 0) filled_ &= ~1U;
  } else {
    std::uint64_t& slots = coarse_slots_[static_cast<std::size_t>(place.wheel - 1)];
    slots &= ~(std::uint64_t{1} << place.slot);
    if (slots == 0) filled_ &= ~(1U << place.wheel);
  }
  return taken;
}

std::optional<nanoseconds> Timers::next_deadline() const {
  if (!near_.list.empty()) return near_.earliest;
  if (filled_ == 0) return {};
  return slot(first()).earliest;
}

void Timers::expire(nanoseconds time, SuspensionQueue& due) {
  const std::int64_t tick = tick_of(time);
  while (true) {
    expire_near(time, due);
    if (!near_.list.empty() || filled_ == 0) break;
    const Place place = first();
    const std::int64_t begin = begin_of(place);
    if (begin > tick) break;
    tick_ = begin;
    Slot next = take(place);
    if (place.wheel == 0) near_ = next;
    else
      while (Suspension* const sleep = next.list.pop()) add(*sleep);
  }
  // Nobody's slot begins in between, so all hang where they would if they came now.
  if (tick > tick_) tick_ = tick;
}

void Timers::expire_near(nanoseconds time, SuspensionQueue& due) {
  if (near_.list.empty() || near_.earliest > time) return;
  if (near_.latest == Slot::kDisordered) {
    near_.list = sort(near_.list);
    near_.latest = near_.list.back()->deadline;
  }
  if (near_.latest <= time) {
    due.append(near_.list.take());
    return;
  }
  while (!near_.list.empty() && near_.list.front()->deadline <= time) due.push(*near_.list.pop());
  if (!near_.list.empty()) near_.earliest = near_.list.front()->deadline;
}

void Timers::clear() {
  near_.list = {};
  while (filled_ != 0) take(first());
}

}  // namespace convoy
