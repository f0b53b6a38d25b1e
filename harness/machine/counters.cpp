#include "harness/machine/counters.hpp"

#include <fcntl.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <string_view>

namespace convoy {
namespace {

UniqueFd open_migrations() {
  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.size = sizeof attributes;
  attributes.config = PERF_COUNT_SW_CPU_MIGRATIONS;
  attributes.exclude_hv = 1;
  return UniqueFd(static_cast<int>(
      ::syscall(SYS_perf_event_open, &attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC)));
}

std::optional<std::int64_t> read_perf(const UniqueFd& fd) noexcept {
  std::int64_t count = 0;
  if (!fd || ::read(fd.get(), &count, sizeof count) != sizeof count) return {};
  return count;
}

// The whole number that starts at or after `from`.
std::optional<std::int64_t> number_in(std::string_view text, std::size_t from) noexcept {
  while (from < text.size() && (text[from] < '0' || text[from] > '9')) ++from;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data() + from, text.data() + text.size(), number);
  if (error != std::errc()) return {};
  return number;
}

template <typename Value>
std::optional<Value> subtract(const std::optional<Value>& end, const std::optional<Value>& start) {
  if (!end || !start) return {};
  return *end - *start;
}

}  // namespace

ThreadUsage operator-(const ThreadUsage& end, const ThreadUsage& start) {
  ThreadUsage result;
  result.cpu = end.cpu - start.cpu;
  result.run_delay = subtract(end.run_delay, start.run_delay);
  result.switches_voluntary = end.switches_voluntary - start.switches_voluntary;
  result.switches_involuntary = end.switches_involuntary - start.switches_involuntary;
  result.faults_minor = end.faults_minor - start.faults_minor;
  result.faults_major = end.faults_major - start.faults_major;
  result.migrations = subtract(end.migrations, start.migrations);
  return result;
}

ThreadMeter::ThreadMeter()
    : schedstat_(::open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC)),
      sched_(::open("/proc/thread-self/sched", O_RDONLY | O_CLOEXEC)) {
  if (!told_migrations()) perf_migrations_ = open_migrations();
}

std::optional<nanoseconds> ThreadMeter::run_delay() const noexcept {
  char buffer[96];
  const ssize_t length = schedstat_ ? ::pread(schedstat_.get(), buffer, sizeof buffer, 0) : -1;
  if (length <= 0) return {};
  const std::string_view text(buffer, static_cast<std::size_t>(length));
  const auto delay = number_in(text, text.find(' '));
  if (!delay) return {};
  return nanoseconds(*delay);
}

std::optional<std::int64_t> ThreadMeter::migrations() const noexcept {
  return perf_migrations_ ? read_perf(perf_migrations_) : told_migrations();
}

std::optional<std::int64_t> ThreadMeter::told_migrations() const noexcept {
  char buffer[4096];
  const ssize_t length = sched_ ? ::pread(sched_.get(), buffer, sizeof buffer, 0) : -1;
  if (length <= 0) return {};
  const std::string_view text(buffer, static_cast<std::size_t>(length));
  const std::size_t field = text.find("nr_migrations");
  return field == std::string_view::npos ? std::nullopt : number_in(text, text.find(':', field));
}

ThreadUsage ThreadMeter::read() const noexcept {
  ThreadUsage usage;
  rusage counts{};
  ::getrusage(RUSAGE_THREAD, &counts);
  usage.switches_voluntary = counts.ru_nvcsw;
  usage.switches_involuntary = counts.ru_nivcsw;
  usage.faults_minor = counts.ru_minflt;
  usage.faults_major = counts.ru_majflt;
  usage.migrations = migrations();
  usage.run_delay = run_delay();
  usage.cpu = thread_cpu_time();
  return usage;
}

const PerfEvents& processor_events() {
  static constexpr PerfEvents kEvents = {{{PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS},
                                          {PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES},
                                          {PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES},
                                          {PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_MISSES}}};
  return kEvents;
}

std::string refusal_to_count(const PerfEvents& events) {
  const int error = HardwareCounters(events).error_;
  if (error == 0) return {};
  std::string reason = std::string("perf_event_open: ") + std::strerror(error);
  if (error == ENOENT || error == EOPNOTSUPP)
    reason += ": this processor, or the virtual machine around it, offers no such counter";
  else if (error == EACCES || error == EPERM)
    reason +=
        ": allow it with sysctl kernel.perf_event_paranoid=2, or in a container with "
        "--cap-add PERFMON";
  return reason;
}

const std::string& refusal_of_processor() {
  static const std::string refusal = refusal_to_count(processor_events());
  return refusal;
}

std::optional<PerfEvents> countable_events() {
  return refusal_of_processor().empty() ? std::optional(processor_events()) : std::nullopt;
}

std::optional<std::int64_t> scaled_count(std::int64_t count, nanoseconds enabled,
                                         nanoseconds running) {
  if (running.count() <= 0) return {};
  if (running >= enabled) return count;
  const double share = static_cast<double>(running.count()) / static_cast<double>(enabled.count());
  return std::llround(static_cast<double>(count) / share);
}

HardwareCounters::HardwareCounters(const PerfEvents& events) {
  for (std::size_t i = 0; i < events.size() && error_ == 0; ++i) {
    perf_event_attr attributes{};
    attributes.type = events[i].type;
    attributes.size = sizeof attributes;
    attributes.config = events[i].config;
    attributes.disabled = i == 0;  // the group goes with its leader
    attributes.exclude_kernel = 1;
    attributes.exclude_hv = 1;
    attributes.read_format =
        PERF_FORMAT_GROUP | PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
    events_[i].reset(
        static_cast<int>(::syscall(SYS_perf_event_open, &attributes, 0, -1,
                                   i == 0 ? -1 : events_[0].get(), PERF_FLAG_FD_CLOEXEC)));
    if (!events_[i]) error_ = errno;
  }
  if (error_ != 0) events_[0].reset();
  else before_ = read().value_or(Reading{});
}

std::optional<HardwareCounters::Reading> HardwareCounters::read() const noexcept {
  Reading reading{};
  if (!events_[0] || ::read(events_[0].get(), &reading, sizeof reading) != sizeof reading)
    return {};
  return reading;
}

void HardwareCounters::start() noexcept {
  if (events_[0]) ::ioctl(events_[0].get(), PERF_EVENT_IOC_ENABLE, 0);
}

HardwareCounts HardwareCounters::stop() noexcept {
  HardwareCounts counts;
  if (events_[0]) ::ioctl(events_[0].get(), PERF_EVENT_IOC_DISABLE, 0);
  const auto after = read();
  if (!after) return counts;
  const nanoseconds enabled(after->enabled - before_.enabled);
  const nanoseconds running(after->running - before_.running);
  const auto since = [&](std::size_t event) {
    const auto count = static_cast<std::int64_t>(after->counts[event] - before_.counts[event]);
    return scaled_count(count, enabled, running).value_or(-1);
  };
  counts = {since(0), since(1), since(2), since(3), 1};
  if (running < enabled)
    counts.counted_share =
        static_cast<double>(running.count()) / static_cast<double>(enabled.count());
  before_ = *after;
  return counts;
}

}  // namespace convoy
