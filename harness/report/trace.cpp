// A recorded round in Chrome's trace format, line by line: so many events fit no tree in memory.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "harness/report/json.hpp"
#include "harness/report/profile_files.hpp"
#include "harness/work/operation.hpp"

namespace convoy {
namespace {

// The lanes' numbers. Perfetto orders lanes by thread_sort_index, which is the same here.
constexpr int kSeatLanes = 1;
constexpr int kLockLanes = 1'000'001;
constexpr int kSecondOwner = 10'000;
constexpr std::int64_t kTaskLanes = 2'000'001;

const char* text_of(ReleaseReason reason) {
  switch (reason) {
    case ReleaseReason::blocking: return "blocking";
    case ReleaseReason::yield: return "yield";
    case ReleaseReason::exit: break;
  }
  return "exit";
}

std::string after_text(std::uint8_t after) {
  return after == kTaskStarts ? "start" : name_of(static_cast<Suspension::Kind>(after));
}

std::string seat_name(std::size_t seat, const std::vector<int>& workers) {
  const std::size_t told = std::min<std::size_t>(workers.size(), 4);
  const std::vector<int> first(workers.begin(),
                               workers.begin() + static_cast<std::ptrdiff_t>(told));
  return fmt::format("seat {}: worker{} {}{}", seat, workers.size() == 1 ? "" : "s",
                     fmt::join(first, ", "), workers.size() > told ? " …" : "");
}

// Grows the text, an event a line.
class Trace {
 public:
  explicit Trace(const Profile& profile) : profile_(profile), zero_(profile.arrived()) {
    put(R"("ph":"M","name":"process_name","args":{{"name":{}}})",
        json_quoted(profile.benchmark.name));
    const auto locks = profile.locks();
    for (std::size_t seat = 0; seat < profile.traces.size(); ++seat) add_seat(seat);
    for (std::size_t lock = 0; lock < locks.size(); ++lock) add_lock(lock, locks);
  }

  std::string text() && {
    return fmt::format(
        "{{\"displayTimeUnit\":\"ns\",\"otherData\":{{\"name\":{},\"gate_opened_us\":\"{}\"}},\n"
        "\"traceEvents\":[\n{}\n]}}\n",
        json_quoted(profile_.benchmark.name), since(profile_.begun()), events_);
  }

 private:
  template <class... Values>
  void put(fmt::format_string<Values...> format, Values&&... values) {
    events_ += events_.empty() ? R"({"pid":1,)" : ",\n{\"pid\":1,";
    fmt::format_to(std::back_inserter(events_), format, std::forward<Values>(values)...);
    events_ += '}';
  }

  // Microseconds with every nanosecond, from time 0 of the trace.
  std::string since(nanoseconds time) const { return microseconds(time - zero_); }
  static std::string microseconds(nanoseconds time) {
    return fmt::format("{}.{:03}", time.count() / 1000, time.count() % 1000);
  }

  void name_lane(std::int64_t lane, const std::string& name) {
    put(R"("tid":{},"ph":"M","name":"thread_name","args":{{"name":{}}})", lane, json_quoted(name));
    put(R"("tid":{0},"ph":"M","name":"thread_sort_index","args":{{"sort_index":{0}}})", lane);
  }

  void put_slice(std::int64_t lane, const char* category, const std::string& name,
                 nanoseconds begin, nanoseconds end, const std::string& arguments = {}) {
    put(R"("tid":{},"ph":"X","cat":"{}","name":{},"ts":{},"dur":{}{})", lane, category,
        json_quoted(name), since(begin), microseconds(end - begin),
        arguments.empty() ? "" : fmt::format(R"(,"args":{{{}}})", arguments));
  }

  void add_seat(std::size_t seat) {
    const SeatTrace& trace = profile_.traces[seat];
    const std::int64_t lane = kSeatLanes + static_cast<std::int64_t>(seat);
    const auto workers = profile_.workers_of(static_cast<int>(seat));
    name_lane(lane, seat_name(seat, workers));
    for (const StateSlice& slice : state_slices(trace)) {
      const std::string arguments = slice.runnable.count() > 0
                                        ? fmt::format(R"("runnable_ns":{})", slice.runnable.count())
                                        : "";
      put_slice(lane, "state", name_of_state(slice, trace.record), slice.begin, slice.end,
                arguments);
    }
    known_from_.push_back(known_from(trace));
    for (const TraceEvent& event : trace.events)
      if (event.at >= known_from_.back()) add_instant(lane, event);
    if (workers.size() < 2) return;
    std::set<std::uint32_t> named;  // of so many workers, those that were seen
    for (const TaskSlice& slice : task_slices(trace)) {
      if (named.insert(slice.worker).second)
        name_lane(kTaskLanes + slice.worker,
                  fmt::format("worker {} on seat {}", slice.worker, seat));
      put_slice(kTaskLanes + slice.worker, "task", "running", slice.begin, slice.end,
                fmt::format(R"("after":"{}")", after_text(slice.after)));
    }
  }

  static std::string name_of_state(const StateSlice& slice, const SeatRecord& record) {
    switch (slice.state) {
      case SeatState::running: return "running";
      case SeatState::runnable: return "runnable";
      case SeatState::start_line: return "gate";
      case SeatState::waiting: break;
    }
    return wait_name(slice.cause, slice.kind, record);
  }

  void add_instant(std::int64_t lane, const TraceEvent& event) {
    const bool forced = event.kind == EventKind::gil_released &&
                        static_cast<ReleaseReason>(event.detail) == ReleaseReason::yield;
    if (event.kind == EventKind::operation) {
      const auto budget =
          static_cast<std::int64_t>(profile_.round.operations) / profile_.benchmark.workers;
      put(R"("tid":{},"ph":"i","s":"t","name":"operation","ts":{},)"
          R"("args":{{"worker":{},"number":{}}})",
          lane, since(event.at), event.worker, budget - 1 - event.argument);
    } else if (event.kind == EventKind::gil_asked || forced) {
      put(R"("tid":{},"ph":"i","s":"t","name":"{}","ts":{})", lane, forced ? "dropped" : "asked",
          since(event.at));
    }
  }

  void add_lock(std::size_t lock, const std::vector<LockProfile>& locks) {
    const auto holds = holds_of(profile_.traces, locks[lock].seats);
    const std::string name = lock_name(lock, locks.size());
    std::vector<nanoseconds> free_from;  // one a lane
    for (const Hold& hold : holds) {
      std::size_t owner = 0;
      while (owner < free_from.size() && free_from[owner] > hold.begin) ++owner;
      const std::int64_t lane = kLockLanes + static_cast<std::int64_t>(lock + owner * kSecondOwner);
      if (owner == free_from.size()) {
        free_from.emplace_back();
        name_lane(lane,
                  owner == 0 ? name + " owner" : fmt::format("{} owner ({})", name, owner + 1));
      }
      free_from[owner] = hold.end;
      put_slice(lane, "owner", fmt::format("seat {}", hold.seat), hold.begin, hold.end,
                fmt::format(R"("seat":{},"ended":"{}")", hold.seat, text_of(hold.ended)));
    }
    if (free_from.size() > 1) return;  // held by several at once: nobody hands over to anybody
    for (const Handover& handover : handovers_of(holds)) {
      if (!is_known(handover)) continue;
      const int id = ++flows_;
      put(R"("tid":{},"ph":"s","cat":"gil","name":"handover","id":{},"ts":{})",
          kSeatLanes + handover.from, id, since(handover.released));
      put(R"("tid":{},"ph":"f","bp":"e","cat":"gil","name":"handover","id":{},"ts":{})",
          kSeatLanes + handover.to, id, since(handover.taken));
    }
  }

  // Both of its ends have a slice to be drawn on.
  bool is_known(const Handover& handover) const {
    return handover.released >= known_from_[static_cast<std::size_t>(handover.from)] &&
           handover.taken >= known_from_[static_cast<std::size_t>(handover.to)];
  }

  const Profile& profile_;
  const nanoseconds zero_;
  std::vector<nanoseconds> known_from_;  // one a seat
  std::string events_;
  int flows_ = 0;
};

}  // namespace

std::string trace_text(const Profile& profile) { return Trace(profile).text(); }

}  // namespace convoy
