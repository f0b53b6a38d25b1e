#include "harness/measure/profile.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "harness/base/statistics.hpp"
#include "harness/machine/cpu_time.hpp"
#include "harness/machine/facts.hpp"

namespace convoy {
namespace {

double median_of(const std::vector<nanoseconds>& times) {
  std::vector<double> values;
  for (const nanoseconds time : times) values.push_back(static_cast<double>(time.count()));
  return median(values);
}

nanoseconds cpu_of(const RoundReport& round) {
  nanoseconds sum{0};
  for (const SeatReport& seat : round.seats) sum += nanoseconds(seat.cpu_ns);
  return sum;
}

// The median of pairs that were measured one after the other.
std::optional<double> ratio_of(const std::vector<nanoseconds>& recorded,
                               const std::vector<nanoseconds>& plain) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < std::min(plain.size(), recorded.size()); ++i)
    ratios.push_back(static_cast<double>(recorded[i].count()) /
                     static_cast<double>(std::max<std::int64_t>(1, plain[i].count())));
  if (ratios.empty()) return std::nullopt;
  return median(ratios);
}

class Rounds {
 public:
  Rounds(Profile& profile, const ProfileOptions& options, Host& host)
      : profile_(profile), options_(options), host_(host) {}

  RoundReport run() {
    const nanoseconds began = now();
    RoundReport last;
    for (int done = 0; done < options_.rounds || now() - began < options_.duration; ++done) {
      last = host_.run_round(profile_.result.budget, options_.round_limit);
      profile_.plain_walls.push_back(last.wall);
      profile_.plain_cpus.push_back(cpu_of(last));
      if (options_.events > 0) last = record();
    }
    return last;
  }

 private:
  RoundReport record() {
    const auto before = steal_ticks();
    RoundReport round =
        host_.run_round(profile_.result.budget, options_.round_limit, RoundKind::recorded);
    const auto after = steal_ticks();
    profile_.recorded_walls.push_back(round.wall);
    profile_.recorded_cpus.push_back(cpu_of(round));
    if (!is_nearer(round.wall)) return round;
    profile_.round = round;
    profile_.stolen = std::nullopt;
    if (before && after) profile_.stolen = (*after - *before) * cpu_time_tick();
    profile_.traces.clear();
    for (int seat = 0; seat < profile_.benchmark.seats(); ++seat)
      profile_.traces.push_back({host_.recording()->record(seat), host_.recording()->events(seat)});
    return round;
  }

  // To the median than the round that is kept: events are many, so one round's at a time.
  bool is_nearer(nanoseconds wall) const {
    const double middle = median_of(profile_.recorded_walls);
    const auto distance = [&](nanoseconds time) {
      return std::abs(static_cast<double>(time.count()) - middle);
    };
    return profile_.traces.empty() || distance(wall) < distance(profile_.round.wall);
  }

  Profile& profile_;
  const ProfileOptions& options_;
  Host& host_;
};

void add(LockProfile& lock, int seat, const GilAccount& account, const SeatRecord& record) {
  lock.seats.push_back(seat);
  lock.holds += account.holds.count();
  lock.waits += account.waits;
  lock.forced_drops += account.forced_drops;
  lock.asks += record.asks;
  lock.hold += nanoseconds(account.hold_ns);
  lock.wait += nanoseconds(account.wait_ns);
  const nanoseconds hold(account.holds.largest());
  if (account.holds.count() > 0 && (!lock.longest_hold_seat || hold > lock.longest_hold)) {
    lock.longest_hold_seat = seat;
    lock.longest_hold = hold;
  }
  const WaitAccount& waits = record.states.of(WaitCause::gil);
  if (waits.count > 0 && (!lock.longest_wait_seat || waits.longest > lock.longest_wait)) {
    lock.longest_wait_seat = seat;
    lock.longest_wait = waits.longest;
  }
}

}  // namespace

std::optional<double> Profile::cost() const { return ratio_of(recorded_walls, plain_walls); }
std::optional<double> Profile::cpu_cost() const { return ratio_of(recorded_cpus, plain_cpus); }

std::uint64_t Profile::recorded_events() const {
  std::uint64_t sum = 0;
  for (const SeatTrace& trace : traces) sum += trace.record.events.written;
  return sum;
}

std::uint64_t Profile::dropped_events() const {
  std::uint64_t sum = 0;
  for (const SeatTrace& trace : traces) sum += trace.record.events.dropped(events_per_seat);
  return sum;
}

nanoseconds Profile::arrived() const {
  nanoseconds first = nanoseconds::max();
  for (const SeatTrace& trace : traces) first = std::min(first, trace.record.states.arrived);
  return first;
}

nanoseconds Profile::begun() const {
  nanoseconds first = nanoseconds::max();
  for (const SeatTrace& trace : traces) first = std::min(first, trace.record.states.begin.wall);
  return first;
}

std::vector<int> Profile::workers_of(int seat) const {
  const Setup setup(*benchmark.workload, benchmark.arguments, benchmark.workers);
  return bodies_of(seat, benchmark.seats(), setup.bodies());
}

std::vector<LockProfile> Profile::locks() const {
  if (!benchmark.gil.policy->has_lock) return {};
  std::vector<LockProfile> locks;
  std::map<std::tuple<std::int64_t, std::int64_t>, std::size_t> known;
  for (std::size_t seat = 0; seat < traces.size(); ++seat) {
    const SeatRecord& record = traces[seat].record;
    const auto key = std::tuple(record.interpreter[0], record.interpreter[1]);
    const auto [place, is_new] = known.try_emplace(key, locks.size());
    if (is_new) locks.emplace_back();
    add(locks[place->second], static_cast<int>(seat), round.gil[seat], record);
  }
  for (LockProfile& lock : locks) {
    if (!lock.longest_wait_seat) continue;
    const auto waiter = static_cast<std::size_t>(*lock.longest_wait_seat);
    const WaitAccount& waits = traces[waiter].record.states.of(WaitCause::gil);
    lock.longest_wait_holders = holders_between(holds_of(traces, lock.seats), waits.longest_began,
                                                waits.longest_began + waits.longest);
  }
  return locks;
}

Profile take_profile(Sampler& sampler, const Case& benchmark, const ProfileOptions& options) {
  Profile profile;
  profile.benchmark = benchmark;
  profile.events_per_seat = options.events;
  sampler.visit(
      benchmark, profile.result,
      [&](CrewPlan& plan) {
        plan.named_seats = true;
        plan.events = options.events;
      },
      [&](const Sampler::Ready& crew) { return Rounds(profile, options, crew.host).run(); });
  return profile;
}

}  // namespace convoy
