#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/report/profile_files.hpp"

namespace convoy {
namespace {

using Json = nlohmann::ordered_json;

// Who would read more of them?
constexpr std::size_t kMostWorkers = 1000;

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json states_json(const SeatRecord& record) {
  const SeatStates& states = record.states;
  return {{"running_ns", states.running().count()},
          {"runnable_ns", record.run_delay_known ? Json(states.runnable().count()) : Json(nullptr)},
          {"gil_ns", states.of(WaitCause::gil).blocked().count()},
          {"lock_ns", states.of(WaitCause::lock).blocked().count()},
          {"io_ns", states.of(WaitCause::io).blocked().count()},
          {"sleep_ns", states.of(WaitCause::sleep).blocked().count()},
          {"gate_ns", states.at_start_line().count()},
          {"unattributed_ns", states.unattributed().count()}};
}

Json by_kind_json(const SeatRecord& record, WaitCause cause) {
  const auto& by_kind = record.states.of(cause).by_kind;
  Json kinds = Json::object();
  for (std::size_t kind = 0; kind < by_kind.size(); ++kind)
    if (by_kind[kind].count() != 0)
      kinds[kind_name(cause, static_cast<std::uint8_t>(kind), record)] = by_kind[kind].count();
  return kinds;
}

Json wait_json(const WaitAccount& account) {
  return {{"count", account.count},
          {"wall_ns", account.wall.count()},
          {"longest_ns", account.longest.count()}};
}

Json gil_json(const GilAccount& account, const WaitAccount& waits) {
  return {{"acquisitions", account.acquisitions},
          {"waits", account.waits},
          {"wait_ns", account.wait_ns},
          {"longest_wait_ns", waits.longest.count()},
          {"hold_ns", account.hold_ns},
          {"hold_p50_ns", account.holds.quantile(0.5)},
          {"longest_hold_ns", account.holds.largest()},
          {"switches", account.switches},
          {"same_worker", account.same_worker},
          {"voluntary_releases", account.voluntary_releases},
          {"forced_drops", account.forced_drops},
          {"steals", account.steals}};
}

Json events_json(std::uint64_t recorded, std::uint64_t dropped) {
  return {{"recorded", recorded}, {"dropped", dropped}};
}

Json seat_json(const Profile& profile, std::size_t seat, const Json& lock) {
  const SeatRecord& record = profile.traces[seat].record;
  const SeatStates& states = record.states;
  const SeatReport& report = profile.round.seats[seat];
  std::vector<int> workers = profile.workers_of(static_cast<int>(seat));
  const std::size_t count = workers.size();
  workers.resize(std::min(count, kMostWorkers));
  const nanoseconds zero = profile.arrived();
  return {
      {"seat", seat},
      {"workers", std::move(workers)},
      {"worker_count", count},
      {"lock", lock},
      {"arrived_ns", (states.arrived - zero).count()},
      {"begin_ns", (states.begin.wall - zero).count()},
      {"end_ns", (states.end.wall - zero).count()},
      {"wall_ns", states.wall().count()},
      {"states", states_json(record)},
      {"io_ns", by_kind_json(record, WaitCause::io)},
      {"lock_ns", by_kind_json(record, WaitCause::lock)},
      {"cpu_ns", states.running().count()},
      {"run_delay_ns", record.run_delay_known ? Json(states.runnable().count()) : Json(nullptr)},
      {"waits",
       {{"gil", wait_json(states.of(WaitCause::gil))},
        {"lock", wait_json(states.of(WaitCause::lock))},
        {"io", wait_json(states.of(WaitCause::io))},
        {"sleep", wait_json(states.of(WaitCause::sleep))}}},
      {"gil", lock.is_null() ? Json(nullptr)
                             : gil_json(profile.round.gil[seat], states.of(WaitCause::gil))},
      {"switches_voluntary", report.switches_voluntary},
      {"switches_involuntary", report.switches_involuntary},
      {"migrations", report.migrations < 0 ? Json(nullptr) : Json(report.migrations)},
      {"page_faults", report.page_faults},
      {"events",
       events_json(record.events.written, record.events.dropped(profile.events_per_seat))}};
}

Json lock_json(const Profile& profile, std::size_t index, const LockProfile& lock,
               std::size_t locks) {
  return {{"lock", index},
          {"name", lock_name(index, locks)},
          {"policy", profile.benchmark.gil.text},
          {"seats", lock.seats},
          {"holds", lock.holds},
          {"hold_ns", lock.hold.count()},
          {"longest_hold_ns", lock.longest_hold.count()},
          {"longest_hold_seat", or_null(lock.longest_hold_seat)},
          {"waits", lock.waits},
          {"wait_ns", lock.wait.count()},
          {"longest_wait_ns", lock.longest_wait.count()},
          {"longest_wait_seat", or_null(lock.longest_wait_seat)},
          {"longest_wait_holders", lock.longest_wait_holders},
          {"forced_drops", lock.forced_drops},
          {"asks", lock.asks}};
}

Json times_json(const std::vector<nanoseconds>& times) {
  Json all = Json::array();
  for (const nanoseconds time : times) all.push_back(time.count());
  return all;
}

Json head_json(const ProfileRecord& record) {
  const Profile& profile = record.profile;
  const Case& c = profile.benchmark;
  const auto events = static_cast<double>(profile.recorded_events());
  return {{"schema_version", 1},
          {"name", c.name},
          {"workload", c.workload->name},
          {"family", c.workload->family},
          {"model", c.model->name},
          {"gil", c.gil.text},
          {"place", placement_label(c.placement)},
          {"workers", c.workers},
          {"carriers", c.model->looped ? Json(c.carriers_used()) : Json(nullptr)},
          {"created", record.created},
          {"command_line", record.command_line},
          {"engine", profile.result.engine.empty() ? Json(nullptr) : Json(profile.result.engine)},
          {"pinned", profile.result.pinned},
          {"operations", profile.round.operations},
          {"wall_ns", profile.round.wall.count()},
          {"gate_opened_ns", (profile.begun() - profile.arrived()).count()},
          {"cost",
           {{"plain_wall_ns", times_json(profile.plain_walls)},
            {"recorded_wall_ns", times_json(profile.recorded_walls)},
            {"plain_cpu_ns", times_json(profile.plain_cpus)},
            {"recorded_cpu_ns", times_json(profile.recorded_cpus)},
            {"ratio", or_null(profile.cost())},
            {"cpu_ratio", or_null(profile.cpu_cost())},
            {"events_per_second",
             events * 1e9 /
                 static_cast<double>(std::max<std::int64_t>(1, profile.round.wall.count()))}}},
          {"events",
           {{"capacity", profile.events_per_seat},
            {"recorded", profile.recorded_events()},
            {"dropped", profile.dropped_events()}}},
          {"stolen_ns", profile.stolen ? Json(profile.stolen->count()) : Json(nullptr)},
          {"notes", notes_of(profile)}};
}

}  // namespace

std::string lock_name(std::size_t lock, std::size_t locks) {
  return locks == 1 ? "gil" : fmt::format("gil {}", lock);
}

std::vector<std::string> notes_of(const Profile& profile) {
  std::vector<std::string> notes = profile.result.notes;
  if (const auto dropped = profile.dropped_events(); dropped > 0)
    notes.push_back(
        fmt::format("{} of {} events were dropped, the oldest first: trace.json starts later; the "
                    "states are complete. Use --events {} or more",
                    dropped, profile.recorded_events(), 2 * profile.recorded_events()));
  if (!profile.result.pinned)
    notes.push_back("not every seat was pinned: " + profile.result.pinned_reason);
  if (!std::all_of(profile.traces.begin(), profile.traces.end(),
                   [](const SeatTrace& trace) { return trace.record.run_delay_known; }))
    notes.emplace_back(
        "this kernel does not report run delays (/proc/thread-self/schedstat): waits and "
        "unattributed include the time without a CPU");
  return notes;
}

std::string states_text(const ProfileRecord& record) {
  const Profile& profile = record.profile;
  const auto locks = profile.locks();
  Json lock_of_seat = Json::array(), seats = Json::array(), lock_table = Json::array();
  for (std::size_t seat = 0; seat < profile.traces.size(); ++seat) lock_of_seat.push_back(nullptr);
  for (std::size_t i = 0; i < locks.size(); ++i) {
    for (const int seat : locks[i].seats) lock_of_seat[static_cast<std::size_t>(seat)] = i;
    lock_table.push_back(lock_json(profile, i, locks[i], locks.size()));
  }
  for (std::size_t seat = 0; seat < profile.traces.size(); ++seat)
    seats.push_back(seat_json(profile, seat, lock_of_seat[seat]));
  Json whole = head_json(record);
  whole["seats"] = std::move(seats);
  whole["locks"] = std::move(lock_table);
  // Names may hold any bytes; a profile is not lost over one that is no UTF-8.
  return whole.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace convoy
