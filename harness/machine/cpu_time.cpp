#include "harness/machine/cpu_time.hpp"

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>

namespace convoy {
namespace {

nanoseconds to_nanoseconds(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

nanoseconds used_by(int who) {
  rusage usage{};
  ::getrusage(who, &usage);
  return to_nanoseconds(usage.ru_utime) + to_nanoseconds(usage.ru_stime);
}

// "cpu3 user nice system idle iowait irq softirq steal ..."; false for other lines.
bool parse_line(const std::string& line, int& cpu, CpuTime& time) {
  const std::size_t blank = line.find(' ');
  if (!line.starts_with("cpu") || blank == std::string::npos) return false;
  const auto [end, error] = std::from_chars(line.data() + 3, line.data() + blank, cpu);
  if (error != std::errc() || end != line.data() + blank) return false;
  std::istringstream fields(line.substr(blank));
  std::int64_t user = 0, nice = 0, system = 0, idle = 0, waiting = 0, irq = 0, softirq = 0;
  if (!(fields >> user >> nice >> system >> idle)) return false;
  const nanoseconds tick = cpu_time_tick();
  std::int64_t stolen = 0;
  fields >> waiting;
  if (fields >> irq >> softirq >> stolen) time.stolen = stolen * tick;
  time.worked = (user + nice + system) * tick;
  time.idle = (idle + waiting) * tick;
  return true;
}

}  // namespace

nanoseconds cpu_time_tick() {
  static const nanoseconds tick =
      std::chrono::nanoseconds(std::chrono::seconds(1)) / std::max<long>(1, ::sysconf(_SC_CLK_TCK));
  return tick;
}

CpuTimes read_cpu_times(const std::string& root) {
  CpuTimes times{.at = now(), .cpus = {}};
  std::ifstream file(root + "/proc/stat");
  std::string line;
  // The CPUs come first; what follows them are long lines of other things.
  while (std::getline(file, line) && line.starts_with("cpu")) {
    int cpu = 0;
    CpuTime time;
    if (parse_line(line, cpu, time)) times.cpus[cpu] = time;
  }
  return times;
}

CpuUse use_between(const CpuTimes& before, const CpuTimes& after, const CpuSet& cpus) {
  CpuUse use;
  nanoseconds worked{0}, idle{0}, stolen{0};
  bool steal_known = true;
  for (const int cpu : cpus) {
    const auto first = before.cpus.find(cpu), last = after.cpus.find(cpu);
    if (first == before.cpus.end() || last == after.cpus.end()) continue;
    ++use.cpus;
    worked += last->second.worked - first->second.worked;
    idle += last->second.idle - first->second.idle;
    steal_known = steal_known && first->second.stolen && last->second.stolen;
    if (steal_known) stolen += *last->second.stolen - *first->second.stolen;
  }
  use.elapsed = (after.at - before.at) * use.cpus;
  if (steal_known && use.cpus > 0) use.stolen = std::max(stolen, nanoseconds(0));
  const nanoseconds not_idle = use.elapsed - idle - (steal_known ? stolen : nanoseconds(0));
  use.busy = std::max(std::min(worked, not_idle), nanoseconds(0));
  return use;
}

nanoseconds own_cpu_time() { return used_by(RUSAGE_SELF) + used_by(RUSAGE_CHILDREN); }

std::optional<nanoseconds> cpu_time_of(int pid) {
  clockid_t clock{};
  timespec time{};
  if (pid <= 0 || ::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &time) != 0)
    return {};
  return std::chrono::seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
}

std::optional<double> foreign_share(const CpuUse& use, nanoseconds own) {
  if (use.cpus == 0 || use.elapsed.count() <= 0) return {};
  const nanoseconds error = use.cpus * cpu_time_tick();
  const nanoseconds foreign = std::max(use.busy - own - error, nanoseconds(0));
  return static_cast<double>(foreign.count()) / static_cast<double>(use.elapsed.count());
}

}  // namespace convoy
